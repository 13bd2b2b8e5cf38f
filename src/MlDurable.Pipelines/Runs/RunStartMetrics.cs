using System.Diagnostics.Metrics;

namespace MlDurable.Pipelines.Runs;

/// <summary>Metrics of started runs, on the meter <c>MlDurable.Triggers</c>.</summary>
internal static class RunStartMetrics
{
    public const string MeterName = "MlDurable.Triggers";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Started = Meter.CreateCounter<long>("mldurable.runs.started", "{run}", "Runs that were started.");

    private static readonly Histogram<double> Lateness = Meter.CreateHistogram(
        "mldurable.schedule.lateness",
        "s",
        "Time from the instant that a schedule names to the start of its run.",
        tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400] });

    public static void Add(RunRecord run)
    {
        var pipeline = KeyValuePair.Create("pipeline", (object?)run.Pipeline);
        Started.Add(1, pipeline, KeyValuePair.Create("trigger", (object?)run.Trigger.Kind.ToString().ToLowerInvariant()));
        if (run.Trigger is { Kind: RunTriggerKind.Schedule, Nominal: { } nominal })
        {
            Lateness.Record(Math.Max(0, (run.StartedAt - nominal).TotalSeconds), pipeline);
        }
    }
}
