using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Api.Telemetry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Server.Telemetry;

/// <summary>Turns what the engine tells into spans and metrics. The engine tells only what really happens, never what a replay repeats.</summary>
internal sealed class RunTelemetry : BackgroundService
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = RunMetrics.MeterName;

    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(15);

    private readonly ActivitySource spans = new(Name);
    private readonly Meter meter = new(Name);
    private readonly Histogram<double> stepDuration;
    private readonly Dictionary<(string RunId, string Step, string? Input), DateTimeOffset> open = [];
    private readonly RunFeed feed;
    private readonly RunStore runs;
    private readonly RunGauges gauges;
    private readonly ServedModels models;
    private readonly TimeProvider timeProvider;
    private readonly ILogger<RunTelemetry> logger;

    public RunTelemetry(RunFeed feed, RunStore runs, ServedModels models, RunGauges gauges, TimeProvider timeProvider, ILogger<RunTelemetry> logger)
    {
        this.feed = feed;
        this.runs = runs;
        this.gauges = gauges;
        this.models = models;
        this.timeProvider = timeProvider;
        this.logger = logger;
        stepDuration = meter.CreateHistogram(
            "mldurable.step.duration",
            "s",
            "Time that an attempt at a step took.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] });
    }

    public override void Dispose()
    {
        spans.Dispose();
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watch = feed.Watch(null);
        try
        {
            await Task.WhenAll(WatchAsync(watch, stoppingToken), CountAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task WatchAsync(RunWatch watch, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (_, happening) = await watch.ReadAsync(cancellationToken);
            await ObserveAsync(happening, cancellationToken);
        }
    }

    /// <summary>Takes what the engine told, one at a time.</summary>
    internal async Task ObserveAsync(RunHappening happening, CancellationToken cancellationToken)
    {
        switch (happening.State)
        {
            case null:
                await EndRunAsync(happening.RunId, cancellationToken);
                break;
            case RunStepState.Started:
                open[KeyOf(happening)] = timeProvider.GetUtcNow();
                break;
            case RunStepState.Finished or RunStepState.Failed:
                EndStep(happening);
                break;
        }
    }

    private void EndStep(RunHappening happening)
    {
        // What began before this process is measured from where it began again.
        if (!open.Remove(KeyOf(happening), out var started))
        {
            return;
        }

        var now = timeProvider.GetUtcNow();
        var failed = happening.State == RunStepState.Failed;
        stepDuration.Record(
            (now - started).TotalSeconds, KeyValuePair.Create("step", (object?)happening.Activity), KeyValuePair.Create("outcome", (object?)(failed ? "failed" : "finished")));
        using var span = spans.StartActivity(
            happening.Activity, ActivityKind.Internal, RunTrace.ContextOf(happening.RunId), startTime: started);
        span?.SetTag("mldurable.run.id", happening.RunId);
        span?.SetStatus(failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, failed ? happening.Message : null);
        span?.SetEndTime(now.UtcDateTime);
    }

    private async Task EndRunAsync(string runId, CancellationToken cancellationToken)
    {
        foreach (var key in open.Keys.Where(key => key.RunId == runId).ToList())
        {
            open.Remove(key);
        }

        RunRecord? record;
        try
        {
            record = await runs.FindAsync(runId, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ServerLog.TelemetryFailed(logger, exception);
            return;
        }

        if (record is null)
        {
            return;
        }

        await models.RefreshAsync(record.Model, cancellationToken);
        using var span = spans.StartActivity("run", ActivityKind.Internal, RunTrace.ContextOf(runId), startTime: record.StartedAt);
        span?.SetTag("mldurable.run.id", runId);
        span?.SetTag("mldurable.pipeline", record.Pipeline);
        span?.SetTag("mldurable.run.status", Lower(record.Status));
        span?.SetTag("mldurable.run.outcome", record.Outcome is { } decided ? Lower(decided) : null);
        span?.SetStatus(record.Failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, record.Failure?.Code);
        span?.SetEndTime((record.FinishedAt ?? timeProvider.GetUtcNow()).UtcDateTime);
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CountInterval, timeProvider);
        do
        {
            await CountOnceAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task CountOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gauges.CountAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ServerLog.TelemetryFailed(logger, exception);
        }
    }

    private static (string RunId, string Step, string? Input) KeyOf(RunHappening happening) => (happening.RunId, happening.Activity, happening.Input);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
