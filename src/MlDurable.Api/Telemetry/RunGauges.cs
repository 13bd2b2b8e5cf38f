using System.Diagnostics.Metrics;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Api.Telemetry;

/// <summary>Gauges of the runs that have not ended, on the meter of <see cref="RunMetrics"/>. Safe for concurrent use.</summary>
public sealed class RunGauges : IDisposable
{
    private readonly Meter meter = new(RunMetrics.MeterName);
    private readonly RunStore runs;
    private readonly RunEngine engine;
    private readonly TimeProvider timeProvider;
    private volatile UnfinishedRuns? unfinished;

    /// <summary>Makes the gauges; they have no figures before <see cref="CountAsync"/>.</summary>
    /// <param name="runs">The records of the workspace.</param>
    /// <param name="engine">The engine of this host.</param>
    /// <param name="timeProvider">The clock of ages.</param>
    public RunGauges(RunStore runs, RunEngine engine, TimeProvider timeProvider)
    {
        this.runs = runs;
        this.engine = engine;
        this.timeProvider = timeProvider;
        meter.CreateObservableGauge("mldurable.runs.unfinished", () => Observe(counted => counted.Count), "{run}", "Runs that have not ended.");
        meter.CreateObservableGauge(
            "mldurable.steps.quarantined", () => Observe(counted => counted.QuarantinedSteps), "{step}", "Steps that ended the process too often and wait for a person.");
        meter.CreateObservableGauge(
            "mldurable.work.oldest.age", () => Observe(counted => AgeOf(counted.OldestStart)), "s", "Time since the oldest run that has not ended was started.");
        meter.CreateObservableGauge(
            RunMetrics.WaitingAge, () => Observe(counted => AgeOf(counted.OldestWaiting)), "s", "Time since the oldest run was started whose first step is not done.");
        if (engine.LongestWait is { } longestWait)
        {
            meter.CreateObservableGauge(
                "mldurable.steps.waiting.age", () => (longestWait() ?? TimeSpan.Zero).TotalSeconds, "s", "How long the step waits that has waited longest for a slot.");
        }
    }

    /// <summary>Takes the figures. When the store or the engine cannot be read the gauges have none: no figure is better than an old one.</summary>
    /// <param name="cancellationToken">Gives up; the gauges keep their figures.</param>
    public async Task CountAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            unfinished = await ReadAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            unfinished = null;
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private async Task<UnfinishedRuns> ReadAsync(CancellationToken cancellationToken)
    {
        var counted = new UnfinishedRuns(0, 0, null, null);
        await foreach (var run in runs.UnfinishedAsync(cancellationToken: cancellationToken))
        {
            counted = counted with { Count = counted.Count + 1, OldestStart = Earlier(counted.OldestStart, run.StartedAt) };
            if (run.Engine != engine.Name)
            {
                continue;
            }

            var state = await engine.Client.GetAsync(run.RunId, cancellationToken);
            counted = counted with
            {
                QuarantinedSteps = counted.QuarantinedSteps + (state?.QuarantinedSteps.Count ?? 0),
                OldestWaiting = await runs.IsPlannedAsync(run, cancellationToken) ? counted.OldestWaiting : Earlier(counted.OldestWaiting, run.StartedAt),
            };
        }

        return counted;
    }

    private IEnumerable<Measurement<double>> Observe(Func<UnfinishedRuns, double> value) =>
        unfinished is { } counted ? [new Measurement<double>(value(counted))] : [];

    private double AgeOf(DateTimeOffset? instant) => instant is { } start ? Math.Max(0, (timeProvider.GetUtcNow() - start).TotalSeconds) : 0;

    private static DateTimeOffset Earlier(DateTimeOffset? known, DateTimeOffset other) => known < other ? known.Value : other;

    private sealed record UnfinishedRuns(int Count, int QuarantinedSteps, DateTimeOffset? OldestStart, DateTimeOffset? OldestWaiting);
}
