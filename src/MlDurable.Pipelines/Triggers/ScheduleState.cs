using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A schedule that starts nothing until it is unpaused.</summary>
/// <param name="By">Who paused it.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Reason">Why.</param>
public sealed record SchedulePause(string By, DateTimeOffset At, string Reason);

/// <summary>A run that a schedule started.</summary>
/// <param name="Nominal">The instant that it was started for, in UTC.</param>
/// <param name="RunId">The run.</param>
public sealed record ScheduledRun(DateTimeOffset Nominal, string RunId);

/// <summary>An instant that was not run although it came.</summary>
/// <param name="Nominal">The instant, in UTC.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedInstant(DateTimeOffset Nominal, string Reason);

/// <summary>What is remembered of a schedule: <c>triggers/state/schedules/&lt;pipeline&gt;/&lt;schedule&gt;.json</c>, changed only by compare-and-swap.</summary>
public sealed record ScheduleState
{
    /// <summary>The most instants that wait at a time.</summary>
    public const int MostWaiting = 100;

    /// <summary>What the instants were made from; when it changes, none before the new deployment is run.</summary>
    public required string When { get; init; }

    /// <summary>Every instant up to this one is decided: run, waiting, skipped or missed.</summary>
    public required DateTimeOffset HandledThrough { get; init; }

    /// <summary>The latest run; null when there was none.</summary>
    public ScheduledRun? LastRun { get; init; }

    /// <summary>The latest instant that came and was not run; null when there was none.</summary>
    public SkippedInstant? LastSkipped { get; init; }

    /// <summary>Instants that wait for the end of an earlier run, the earliest first.</summary>
    public ImmutableArray<DateTimeOffset> Waiting { get => field.IsDefault ? [] : field; init; }

    /// <summary>Who paused the schedule; null when it is not paused.</summary>
    public SchedulePause? Pause { get; init; }

    /// <summary>What a schedule's instants are made from, as text.</summary>
    internal static string WhenOf(ScheduleDefinition schedule)
    {
        var rule = schedule.Every is { } every ? $"every {Durations.Text(every)}" : $"{schedule.Cron} {schedule.Zone}";
        var start = schedule.Start is { } first ? $" from {first.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";
        var end = schedule.End is { } last ? $" until {last.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";
        return rule + start + end;
    }

    /// <summary>The state for a deployed schedule: a new one, and a changed one, has no past.</summary>
    internal static ScheduleState Of(ScheduleState? known, PipelineDeployment deployment, ScheduleDefinition schedule)
    {
        var when = WhenOf(schedule);
        return known is null ? new ScheduleState { When = when, HandledThrough = deployment.DeployedAt }
            : known.When == when ? known
            : known with { When = when, HandledThrough = known.HandledThrough > deployment.DeployedAt ? known.HandledThrough : deployment.DeployedAt };
    }

    internal ScheduleState WithRun(DateTimeOffset nominal, string runId) => Handled(nominal) with { LastRun = new ScheduledRun(nominal, runId) };

    internal ScheduleState WithSkipped(DateTimeOffset nominal, string reason) => Handled(nominal) with { LastSkipped = new SkippedInstant(nominal, reason) };

    internal ScheduleState WithWaiting(DateTimeOffset nominal) => Handled(nominal) with { Waiting = [.. Waiting.Remove(nominal).Add(nominal).Order()] };

    private ScheduleState Handled(DateTimeOffset nominal) =>
        this with { HandledThrough = nominal > HandledThrough ? nominal : HandledThrough, Waiting = Waiting.Remove(nominal) };
}

/// <summary>Reads and changes the states of schedules. Safe for concurrent use.</summary>
internal sealed class ScheduleStates(IBlobStore store)
{
    public async Task<ScheduleState> ReadAsync(PipelineDeployment deployment, ScheduleDefinition schedule, CancellationToken cancellationToken) =>
        ScheduleState.Of((await FindAsync(deployment, schedule, cancellationToken))?.Value, deployment, schedule);

    /// <summary>Changes a state by compare-and-swap; the change is applied again to what another host wrote meanwhile.</summary>
    public async Task<ScheduleState> UpdateAsync(
        PipelineDeployment deployment, ScheduleDefinition schedule, Func<ScheduleState, ScheduleState> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = await FindAsync(deployment, schedule, cancellationToken);
            var changed = change(ScheduleState.Of(known?.Value, deployment, schedule));
            if (changed == known?.Value)
            {
                return changed;
            }

            try
            {
                await store.WriteJsonAsync(
                    BlobNames.ScheduleState(deployment.Name, schedule.Name),
                    changed,
                    PipelinesJson.Default.ScheduleState,
                    known is { } present ? BlobCondition.IfMatch(present.ETag) : BlobCondition.IfAbsent,
                    cancellationToken);
                return changed;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another host wrote first: apply the change to what it wrote.
            }
        }
    }

    private Task<(ScheduleState Value, string ETag)?> FindAsync(PipelineDeployment deployment, ScheduleDefinition schedule, CancellationToken cancellationToken) =>
        store.ReadJsonAsync(BlobNames.ScheduleState(deployment.Name, schedule.Name), PipelinesJson.Default.ScheduleState, ct: cancellationToken);
}
