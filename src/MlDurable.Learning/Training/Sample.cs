using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>Draws some of many without replacement.</summary>
internal static class Sample
{
    /// <summary>How many a share is: rounded down, but at least one.</summary>
    public static int Count(double share, int count) => Math.Max(1, (int)(share * count));

    /// <summary>
    /// Writes the numbers of all items: first those that were drawn, then the others, both in ascending order. Every set of so many items is
    /// equally likely (algorithm S of Knuth, "The art of computer programming", volume 2, section 3.4.2).
    /// </summary>
    /// <param name="random">Gives one number for each item.</param>
    /// <param name="order">As long as there are items.</param>
    /// <param name="drawn">How many are drawn.</param>
    public static void Draw(SplitMix64 random, Span<int> order, int drawn)
    {
        var (inside, outside) = (0, drawn);
        for (var item = 0; item < order.Length; item++)
        {
            order[random.NextInt(order.Length - item) < drawn - inside ? inside++ : outside++] = item;
        }
    }
}
