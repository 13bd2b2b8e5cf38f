using System.Diagnostics.Metrics;

namespace MlDurable.Pipelines.Runs;

/// <summary>Metrics of runs that ended, on the meter of <see cref="RunMetrics"/>.</summary>
internal static class RunEndMetrics
{
    private static readonly Meter Meter = new(RunMetrics.MeterName);

    private static readonly Counter<long> Finished = Meter.CreateCounter<long>(RunMetrics.Finished, "{run}", "Runs that ended.");

    private static readonly Counter<long> Quarantined =
        Meter.CreateCounter<long>(RunMetrics.PartitionsQuarantined, "{partition}", "Partitions that broke an expectation in a run.");

    public static void Add(RunRecord run)
    {
        var pipeline = KeyValuePair.Create("pipeline", (object?)run.Pipeline);
        Finished.Add(
            1,
            pipeline,
            KeyValuePair.Create("status", (object?)run.Status.ToString().ToLowerInvariant()),
            KeyValuePair.Create("outcome", (object?)(run.Outcome?.ToString().ToLowerInvariant() ?? "none")));
        if (!run.Quarantined.IsEmpty)
        {
            Quarantined.Add(run.Quarantined.Length, pipeline);
        }
    }
}
