namespace MlDurable.Testing;

/// <summary>
/// Plays a scenario once undisturbed, to count the places at which something can fail, and then once for each of them: whatever fails, the same must
/// come of it. It is how SQLite is tested for failing I/O (sqlite.org/testing.html, "I/O error testing").
/// </summary>
public static class CrashLoop
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Plays at every place, or at some that a seed chooses.</summary>
    /// <param name="create">Makes a play on its own, with nothing that has happened yet.</param>
    /// <param name="faults">What is to fail. Default: everything.</param>
    /// <param name="points">At how many different places at most. Default: all.</param>
    /// <param name="seed">Chooses them, and what a disk keeps of what was not flushed; with 0 it keeps nothing of that. Default: 1.</param>
    /// <returns>The places that were tried.</returns>
    /// <exception cref="CrashLoopException">A play failed, came to something else than the undisturbed one, or did not end within a minute.</exception>
    public static async Task<IReadOnlyList<CrashPoint>> RunAsync(
        Func<CrashPlay> create, IReadOnlyCollection<CrashFault>? faults = null, int? points = null, int seed = 1)
    {
        var undisturbed = create();
        var expected = await undisturbed.PlayAsync(null, null);
        CrashPoint[] places =
        [
            .. (faults ?? Enum.GetValues<CrashFault>()).SelectMany(fault => Enumerable
                .Range(1, fault is CrashFault.PowerLossAtDisk or CrashFault.FailedDiskOperation ? undisturbed.Disk.Operations : undisturbed.Calls)
                .Select(number => new CrashPoint(fault, number))),
        ];
        if (points < places.Length)
        {
            new Random(seed).Shuffle(places);
            places = places[..points.Value];
        }

        foreach (var place in places)
        {
            string facts;
            try
            {
                facts = await create().PlayAsync(place, seed == 0 ? null : new Random((seed * 1_000_003) + place.Number)).WaitAsync(s_patience);
            }
            catch (Exception exception)
            {
                throw new CrashLoopException(place, exception.Message, exception);
            }

            if (facts != expected)
            {
                throw new CrashLoopException(place, $"{facts}\ninstead of\n{expected}", null);
            }
        }

        return places;
    }
}

/// <summary>Something failed in a play, and another thing came of it than without.</summary>
/// <param name="point">What failed, and where.</param>
/// <param name="what">What came of it.</param>
/// <param name="innerException">Its cause, or <see langword="null"/>.</param>
public sealed class CrashLoopException(CrashPoint point, string what, Exception? innerException)
    : Exception($"{point.Fault} {point.Number}: {what}", innerException)
{
    /// <summary>What failed, and where.</summary>
    public CrashPoint Point { get; } = point;
}
