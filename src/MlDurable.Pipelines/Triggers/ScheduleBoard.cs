using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A schedule of a deployed pipeline, and how it stands.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Schedule">The schedule's name.</param>
/// <param name="When">Its cron and zone, or its interval, and its limits, as text.</param>
/// <param name="Stage">What each run does.</param>
public sealed record ScheduleStatus(string Pipeline, string Schedule, string When, RunStage Stage)
{
    /// <summary>What happens to missed instants.</summary>
    public required CatchUpPolicy CatchUp { get; init; }

    /// <summary>What happens while an earlier run has not ended.</summary>
    public required OverlapPolicy Overlap { get; init; }

    /// <summary>The next nominal instants, in UTC; empty when none comes, or the schedule has a problem.</summary>
    public ImmutableArray<DateTimeOffset> Next { get; init; } = [];

    /// <summary>The latest run; null when there was none.</summary>
    public ScheduledRun? LastRun { get; init; }

    /// <summary>The latest instant that came and was not run; null when there was none.</summary>
    public SkippedInstant? LastSkipped { get; init; }

    /// <summary>Instants that wait for the end of an earlier run.</summary>
    public ImmutableArray<DateTimeOffset> Waiting { get; init; } = [];

    /// <summary>Who paused the schedule; null when it is not paused.</summary>
    public SchedulePause? Pause { get; init; }

    /// <summary>Why the schedule starts nothing here; null when nothing is wrong.</summary>
    public ScheduleProblem? Problem { get; init; }
}

/// <summary>The schedules of all deployed pipelines.</summary>
/// <param name="Schedules">The schedules, by pipeline, in the order of its file.</param>
/// <param name="Problems">Deployed pipelines that cannot be read, and why.</param>
public sealed record ScheduleOverview(ImmutableArray<ScheduleStatus> Schedules, ImmutableArray<ScheduleProblem> Problems);

/// <summary>Shows, pauses and unpauses schedules. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="timeProvider">The clock.</param>
public sealed class ScheduleBoard(IBlobStore store, TimeProvider timeProvider)
{
    private readonly PipelineDeployments deployments = new(store, timeProvider);
    private readonly ScheduleStates states = new(store);

    /// <summary>Schedules with a shorter time between two instants have a problem, as with <see cref="ScheduleTicker.MinimumGap"/>; none by default.</summary>
    public TimeSpan MinimumGap { get; init; }

    /// <summary>The schedules with their next instants.</summary>
    /// <param name="pipeline">One pipeline; null for all.</param>
    /// <param name="count">How many next instants are given.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>pipeline-not-deployed</c>.</exception>
    public async Task<ScheduleOverview> ListAsync(string? pipeline = null, int count = 3, CancellationToken cancellationToken = default)
    {
        var names = pipeline is null ? await deployments.NamesAsync(cancellationToken).ToListAsync(cancellationToken) : [pipeline];
        var schedules = ImmutableArray.CreateBuilder<ScheduleStatus>();
        var problems = ImmutableArray.CreateBuilder<ScheduleProblem>();
        foreach (var name in names)
        {
            try
            {
                var (deployment, definitions) = await ReadAsync(name, cancellationToken);
                foreach (var schedule in definitions)
                {
                    schedules.Add(await StatusAsync(deployment, schedule, count, cancellationToken));
                }
            }
            catch (Exception exception) when (pipeline is null && exception is PipelineException or BlobStoreException)
            {
                problems.Add(ScheduleProblem.Of(name, null, exception));
            }
        }

        return new(schedules.ToImmutable(), problems.ToImmutable());
    }

    /// <summary>Pauses schedules: no host starts runs of them. A schedule that is paused already stays as it is.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="schedule">The schedule; null for every one of the pipeline.</param>
    /// <param name="by">Who pauses.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels between two schedules.</param>
    /// <returns>The schedules as they stand.</returns>
    /// <exception cref="PipelineException"><c>pipeline-not-deployed</c> or <c>schedule-not-found</c>.</exception>
    public Task<ImmutableArray<ScheduleStatus>> PauseAsync(
        string pipeline, string? schedule, string by, string reason, CancellationToken cancellationToken = default)
    {
        var pause = new SchedulePause(by, timeProvider.GetUtcNow(), reason);
        return ChangeAsync(pipeline, schedule, state => state.Pause is null ? state with { Pause = pause } : state, cancellationToken);
    }

    /// <summary>Lets paused schedules go on; what they missed is caught up as they say.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="schedule">The schedule; null for every one of the pipeline.</param>
    /// <param name="cancellationToken">Cancels between two schedules.</param>
    /// <returns>The schedules as they stand.</returns>
    /// <exception cref="PipelineException"><c>pipeline-not-deployed</c> or <c>schedule-not-found</c>.</exception>
    public Task<ImmutableArray<ScheduleStatus>> UnpauseAsync(string pipeline, string? schedule, CancellationToken cancellationToken = default) =>
        ChangeAsync(pipeline, schedule, static state => state with { Pause = null }, cancellationToken);

    private async Task<ImmutableArray<ScheduleStatus>> ChangeAsync(
        string pipeline, string? name, Func<ScheduleState, ScheduleState> change, CancellationToken cancellationToken)
    {
        var (deployment, schedules) = await ReadAsync(pipeline, cancellationToken);
        var chosen = schedules.Where(schedule => name is null || schedule.Name == name).ToList();
        if (chosen.Count == 0)
        {
            throw new PipelineException(
                "schedule-not-found",
                name is null
                    ? $"the pipeline '{pipeline}' has no schedule"
                    : $"the pipeline '{pipeline}' has no schedule '{name}'{NearestName.Suggestion(name, schedules.Select(schedule => schedule.Name))}");
        }

        var changed = ImmutableArray.CreateBuilder<ScheduleStatus>();
        foreach (var schedule in chosen)
        {
            await states.UpdateAsync(deployment, schedule, change, cancellationToken);
            changed.Add(await StatusAsync(deployment, schedule, 1, cancellationToken));
        }

        return changed.ToImmutable();
    }

    private async Task<(PipelineDeployment Deployment, ImmutableArray<ScheduleDefinition> Schedules)> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var deployment = await deployments.GetAsync(name, cancellationToken);
        return (deployment, (await deployments.ReadAsync(deployment, cancellationToken: cancellationToken)).Definition.Triggers.Schedules);
    }

    private async Task<ScheduleStatus> StatusAsync(PipelineDeployment deployment, ScheduleDefinition schedule, int count, CancellationToken cancellationToken)
    {
        var state = await states.ReadAsync(deployment, schedule, cancellationToken);
        var status = new ScheduleStatus(deployment.Name, schedule.Name, state.When, schedule.Stage)
        {
            CatchUp = schedule.CatchUp,
            Overlap = schedule.Overlap,
            LastRun = state.LastRun,
            LastSkipped = state.LastSkipped,
            Waiting = state.Waiting,
            Pause = state.Pause,
        };
        try
        {
            var now = timeProvider.GetUtcNow();
            var from = state.HandledThrough > now ? state.HandledThrough : now;
            return status with { Next = [.. ScheduleRule.Of(schedule, MinimumGap).Between(from, DateTimeOffset.MaxValue).Take(count)] };
        }
        catch (PipelineException exception)
        {
            return status with { Problem = ScheduleProblem.Of(deployment.Name, schedule.Name, exception) };
        }
    }
}
