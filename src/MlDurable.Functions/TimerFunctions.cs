using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using MlDurable.Api.Telemetry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Functions;

/// <summary>The clock of the triggers. The host runs each timer in one place at a time; if it does not, the claims in the store do.</summary>
internal sealed partial class TimerFunctions(
    ScheduleTicker schedules, RunLauncher launcher, DataWatch data, AfterTick after, RunGauges gauges, MetricLog metrics, InvocationClient invocation, ILogger<TimerFunctions> logger)
{
    /// <summary>Starts what is due: schedules, data whose quiet period is over, and runs that follow others.</summary>
    [Function("Tick")]
    public async Task TickAsync(
        [TimerTrigger("0 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        invocation.Use(client);
        foreach (var problem in (await schedules.TickAsync(cancellationToken: cancellationToken)).Problems)
        {
            NotScheduled(logger, problem.Pipeline, problem.Schedule, problem.Code, problem.Message);
        }

        await data.TickAsync(cancellationToken);
        foreach (var problem in (await after.TickAsync(cancellationToken)).Problems)
        {
            NotFollowed(logger, problem.Pipeline, problem.EndedRun, problem.Code, problem.Message);
        }
    }

    /// <summary>Finds data that no notification told of, and compares the records of runs with the engine.</summary>
    [Function("Reconcile")]
    public async Task ReconcileAsync(
        [TimerTrigger("30 */5 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        invocation.Use(client);
        await launcher.ReconcileAsync(cancellationToken);
        await data.ReconcileAsync(cancellationToken);
    }

    /// <summary>Counts the runs that have not ended, and writes what alerts look at.</summary>
    [Function("Measure")]
    public async Task MeasureAsync(
        [TimerTrigger("15 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        invocation.Use(client);
        await gauges.CountAsync(cancellationToken);
        metrics.WriteGauges();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedule {Schedule} of pipeline {Pipeline} starts nothing: {Code}: {Problem}")]
    private static partial void NotScheduled(ILogger logger, string pipeline, string? schedule, string code, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline} did not follow run {EndedRun}: {Code}: {Problem}")]
    private static partial void NotFollowed(ILogger logger, string pipeline, string endedRun, string code, string problem);
}
