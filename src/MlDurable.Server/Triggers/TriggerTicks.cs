using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Server.Triggers;

/// <summary>What the server does at every tick for the triggers. A problem that stays is logged once.</summary>
internal sealed class TriggerTicks(ScheduleTicker schedules, AfterTick after, ILogger<TriggerTicks> logger)
{
    private readonly ConcurrentDictionary<(string Pipeline, string? Schedule), string> known = new();

    /// <summary>Starts what the schedules name.</summary>
    public async Task SchedulesAsync(CancellationToken cancellationToken)
    {
        var tick = await schedules.TickAsync(cancellationToken: cancellationToken);
        foreach (var instant in tick.Instants)
        {
            ServerLog.Instant(logger, instant.Pipeline, instant.Schedule, instant.Nominal, instant.Outcome, instant.Reason ?? instant.RunId);
        }

        foreach (var problem in tick.Problems)
        {
            var key = (problem.Pipeline, problem.Schedule);
            if (!known.TryGetValue(key, out var message) || message != problem.Message)
            {
                known[key] = problem.Message;
                ServerLog.NotScheduled(logger, problem.Pipeline, problem.Schedule, problem.Code, problem.Message);
            }
        }

        foreach (var key in known.Keys.Except(tick.Problems.Select(problem => (problem.Pipeline, problem.Schedule))))
        {
            known.TryRemove(key, out _);
        }
    }

    /// <summary>Starts what follows runs that have ended.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        foreach (var problem in (await after.TickAsync(cancellationToken)).Problems)
        {
            ServerLog.NotFollowed(logger, problem.Pipeline, problem.EndedRun, problem.Code, problem.Message);
        }
    }
}
