namespace MlDurable.Learning.Numerics;

/// <summary>
/// The one generator of pseudo-random numbers in Learning: the same seed gives the same sequence on every machine and
/// every version of .NET, which <see cref="Random"/> does not promise. Not for secrets. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the constants of
/// Vigna's public-domain <c>splitmix64.c</c>.
/// </remarks>
/// <param name="seed">Any value, also zero.</param>
public sealed class SplitMix64(ulong seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong state = seed;

    /// <summary>The next 64 uniformly distributed bits.</summary>
    /// <returns>Any value of <see cref="ulong"/>.</returns>
    public ulong Next() => Mix(state = unchecked(state + Gamma));

    /// <summary>What a generator of the seed gives at a place of its sequence, without what comes before.</summary>
    internal static ulong At(ulong seed, int place) => Mix(unchecked(seed + (((ulong)place + 1) * Gamma)));

    /// <summary>The next uniform number: the upper 53 bits of <see cref="Next"/>, divided by 2^53.</summary>
    /// <returns>A value in [0, 1).</returns>
    public double NextUniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next uniform integer below a bound: floor(<see cref="NextUniform"/> * <paramref name="bound"/>).</summary>
    /// <param name="bound">Exclusive upper bound, at least 1.</param>
    /// <returns>A value in [0, <paramref name="bound"/>).</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(NextUniform() * bound);
    }

    /// <summary>Puts the items in a uniformly random order (Fisher–Yates, from the last item down).</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, reordered in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
