using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>Something that keeps a schedule, or all of a pipeline, from starting runs.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Schedule">The schedule; null for all of the pipeline.</param>
/// <param name="Code">A stable, kebab-case code such as <c>schedule-too-fine</c>.</param>
/// <param name="Message">What was found and what to do.</param>
public sealed record ScheduleProblem(string Pipeline, string? Schedule, string Code, string Message)
{
    internal static ScheduleProblem Of(string pipeline, string? schedule, Exception exception) => new(
        pipeline,
        schedule,
        exception switch { ICodedFailure coded => coded.Code, BlobStoreException blob => blob.Code, _ => "unexpected" },
        exception is ICodedFailure or BlobStoreException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}");
}

/// <summary>What became of an instant in a tick.</summary>
public enum TickOutcome
{
    /// <summary>Its run is started, by this host or another.</summary>
    Started,

    /// <summary>It waits for the end of an earlier run.</summary>
    Waiting,

    /// <summary>It is not run.</summary>
    Skipped,
}

/// <summary>An instant that a tick decided about.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Schedule">The schedule.</param>
/// <param name="Nominal">The instant, in UTC.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="RunId">The run that the instant leads to.</param>
/// <param name="Reason">Why it waits or is skipped; null when it is started.</param>
public sealed record TickedInstant(string Pipeline, string Schedule, DateTimeOffset Nominal, TickOutcome Outcome, string RunId, string? Reason);

/// <summary>What a tick did.</summary>
/// <param name="Instants">The instants that it decided about, in that order.</param>
/// <param name="Problems">What keeps schedules from starting runs.</param>
/// <param name="Next">The earliest time at which a schedule without a problem is due again; null when none is.</param>
public sealed record ScheduleTick(ImmutableArray<TickedInstant> Instants, ImmutableArray<ScheduleProblem> Problems, DateTimeOffset? Next);

/// <summary>Starts the runs of schedules when they are due. Hosts call it every second or so; any number of hosts may share a store.</summary>
/// <remarks>
/// <para>An instant is decided once, whatever crashes and whoever else ticks: its run has one identity, only the holder of its claim starts it, and what
/// is decided is remembered in the schedule's state after that. A crash between any two of these is repaired by a later tick, of this host at once and of
/// another one after <see cref="ClaimStore.Lease"/>.</para>
/// <para>Safe for concurrent use.</para>
/// </remarks>
/// <param name="store">The workspace.</param>
/// <param name="starter">The engine of this host.</param>
/// <param name="engine">The lasting name of this engine.</param>
/// <param name="timeProvider">The clock.</param>
public sealed class ScheduleTicker(IBlobStore store, IRunStarter starter, string engine, TimeProvider timeProvider)
{
    /// <summary>How long after it an instant is still run when nothing is caught up.</summary>
    public static readonly TimeSpan OnTime = TimeSpan.FromMinutes(1);

    private const int MostInstantsOfATick = 1_000;

    private readonly PipelineDeployments deployments = new(store, timeProvider);
    private readonly ScheduleStates states = new(store);
    private readonly RunStore runs = new(store);
    private readonly ClaimStore claims = new(store, engine, timeProvider);
    private readonly ConcurrentDictionary<string, DeployedSchedules> deployed = new(StringComparer.Ordinal);

    /// <summary>Schedules with a shorter time between two instants are refused; none by default.</summary>
    public TimeSpan MinimumGap { get; init; }

    /// <summary>Starts every run that is due.</summary>
    /// <param name="now">The present time; null for that of the clock.</param>
    /// <param name="cancellationToken">Cancels between any two writes; the next tick goes on.</param>
    /// <returns>What was done. A problem of one schedule is in it and stops no other.</returns>
    /// <exception cref="BlobStoreException">The deployments cannot be listed.</exception>
    public async Task<ScheduleTick> TickAsync(DateTimeOffset? now = null, CancellationToken cancellationToken = default)
    {
        var log = new Log(now ?? timeProvider.GetUtcNow());
        var names = await deployments.NamesAsync(cancellationToken).ToListAsync(cancellationToken);
        foreach (var gone in deployed.Keys.Except(names))
        {
            deployed.TryRemove(gone, out _);
        }

        foreach (var name in names)
        {
            try
            {
                if (await LoadAsync(name, cancellationToken) is { } loaded)
                {
                    await TickAsync(loaded, log, cancellationToken);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                log.Problems.Add(ScheduleProblem.Of(name, null, exception));
            }
        }

        return new(log.Instants.ToImmutable(), log.Problems.ToImmutable(), log.Next);
    }

    /// <summary>How long after its instant a run is started: the same on every host.</summary>
    internal static TimeSpan JitterOf(string pipeline, ScheduleDefinition schedule, DateTimeOffset nominal)
    {
        var hash = Convert.FromHexString(ContentHash.OfParts("jitter", pipeline, schedule.Name, NameOf(nominal)));
        return schedule.Jitter * (BinaryPrimitives.ReadUInt32LittleEndian(hash) / (uint.MaxValue + 1.0));
    }

    private static string NameOf(DateTimeOffset nominal) => nominal.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Max(DateTimeOffset x, DateTimeOffset y) => x > y ? x : y;

    private async Task<DeployedSchedules?> LoadAsync(string name, CancellationToken cancellationToken)
    {
        if (await deployments.FindAsync(name, cancellationToken) is not { } deployment)
        {
            return null;
        }

        if (!deployed.TryGetValue(name, out var known) || known.Deployment != deployment)
        {
            known = new(deployment, (await deployments.ReadAsync(deployment, cancellationToken: cancellationToken)).Definition.Triggers.Schedules);
            deployed[name] = known;
        }

        return known;
    }

    private async Task TickAsync(DeployedSchedules loaded, Log log, CancellationToken cancellationToken)
    {
        foreach (var schedule in loaded.Schedules)
        {
            try
            {
                var rule = loaded.RuleOf(schedule, MinimumGap);
                if (!loaded.IdleUntil.TryGetValue(schedule.Name, out var due) || due <= log.Now)
                {
                    due = await TickAsync(loaded, schedule, rule, log, cancellationToken);
                }

                log.Next = due < (log.Next ?? DateTimeOffset.MaxValue) ? due : log.Next;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                log.Problems.Add(ScheduleProblem.Of(loaded.Deployment.Name, schedule.Name, exception));
            }
        }
    }

    /// <returns>When the schedule is due again; the end of time for never, and while it is paused.</returns>
    private async Task<DateTimeOffset> TickAsync(
        DeployedSchedules loaded, ScheduleDefinition schedule, ScheduleRule rule, Log log, CancellationToken cancellationToken)
    {
        var deployment = loaded.Deployment;
        var state = await states.ReadAsync(deployment, schedule, cancellationToken);
        if (state.Pause is not null)
        {
            return DateTimeOffset.MaxValue;
        }

        var isBlocked = false;
        foreach (var nominal in state.Waiting.Concat(DueOf(deployment.Name, schedule, rule, state, log.Now)).ToList())
        {
            if (state.Waiting.IndexOf(nominal) > 0)
            {
                // It waits for the first one, which waits still.
                continue;
            }

            if (await TickAsync(loaded, schedule, state, nominal, log, cancellationToken) is not { } next)
            {
                isBlocked = true;
                break;
            }

            state = next;
        }

        var upcoming = rule.Next(Max(state.HandledThrough, log.Now - TimeSpan.FromTicks(1) - schedule.Jitter));
        var due = upcoming is { } instant ? instant + JitterOf(deployment.Name, schedule, instant) : DateTimeOffset.MaxValue;
        if (!isBlocked && state.Waiting.IsEmpty && due > log.Now)
        {
            loaded.IdleUntil[schedule.Name] = due;
        }

        return due;
    }

    /// <summary>The instants that have become due and that the schedule catches up, the earliest first.</summary>
    private static IEnumerable<DateTimeOffset> DueOf(
        string pipeline, ScheduleDefinition schedule, ScheduleRule rule, ScheduleState state, DateTimeOffset now)
    {
        var reach = schedule.CatchUp == CatchUpPolicy.None ? OnTime : schedule.CatchUpWindow;
        var after = Max(state.HandledThrough, now - reach - schedule.Jitter - TimeSpan.FromTicks(1));
        if (schedule.CatchUp != CatchUpPolicy.Latest)
        {
            return rule.Between(after, now).TakeWhile(IsDue).Where(IsWithin).Take(MostInstantsOfATick);
        }

        var latest = rule.Last(after, now);
        while (latest is { } early && !IsDue(early))
        {
            latest = rule.Last(after, early.AddTicks(-1));
        }

        return latest is { } instant && IsWithin(instant) ? [instant] : [];

        bool IsDue(DateTimeOffset nominal) => nominal + JitterOf(pipeline, schedule, nominal) <= now;
        bool IsWithin(DateTimeOffset nominal) => now - (nominal + JitterOf(pipeline, schedule, nominal)) <= reach;
    }

    /// <returns>The state after the decision; null when another host is about to start the run.</returns>
    private async Task<ScheduleState?> TickAsync(
        DeployedSchedules loaded, ScheduleDefinition schedule, ScheduleState state, DateTimeOffset nominal, Log log, CancellationToken cancellationToken)
    {
        var pipeline = loaded.Deployment.Name;
        var runId = RunIds.Of(nominal, "schedule", pipeline, schedule.Name, NameOf(nominal));
        if (state.Waiting.Contains(nominal) && log.Now - nominal > schedule.CatchUpWindow)
        {
            return await SkipAsync("it waited longer for the end of an earlier run than 'within' allows");
        }

        var others = await EarlierRunsAsync(pipeline, schedule, nominal, runId, cancellationToken);
        if (schedule.Overlap == OverlapPolicy.CancelOther)
        {
            others = await CancelAsync(others, schedule, nominal, cancellationToken);
        }

        if (others is [var other, ..] && schedule.Overlap == OverlapPolicy.Skip)
        {
            return await SkipAsync($"run {other.RunId} had not ended");
        }

        if (others.Count > 0 || state.Waiting.Any(earlier => earlier < nominal))
        {
            if (state.Waiting.Length >= ScheduleState.MostWaiting && !state.Waiting.Contains(nominal))
            {
                return await SkipAsync($"{ScheduleState.MostWaiting} earlier instants wait already");
            }

            var reason = others.Count > 0 ? $"run {others[0].RunId} of the engine '{others[0].Engine}' has not ended" : "an earlier instant waits";
            log.Add(pipeline, schedule, nominal, TickOutcome.Waiting, runId, reason);
            return state.Waiting.Contains(nominal) ? state : await UpdateAsync(known => known.WithWaiting(nominal));
        }

        if (await claims.TryTakeAsync($"schedule/{pipeline}/{schedule.Name}/{NameOf(nominal)}", runId, cancellationToken))
        {
            try
            {
                await starter.StartAsync(await StartOfAsync(loaded, schedule, nominal, runId, cancellationToken), cancellationToken);
            }
            catch (PipelineException exception) when (exception.Code == "run-conflict")
            {
                return await SkipAsync("its start was cut off before the schedule's stage or parameters were changed");
            }
        }
        else if (await runs.FindAsync(runId, cancellationToken) is null)
        {
            return null;
        }

        log.Add(pipeline, schedule, nominal, TickOutcome.Started, runId, null);
        return await UpdateAsync(known => known.WithRun(nominal, runId));

        Task<ScheduleState> SkipAsync(string reason)
        {
            log.Add(pipeline, schedule, nominal, TickOutcome.Skipped, runId, reason);
            return UpdateAsync(known => known.WithSkipped(nominal, reason));
        }

        Task<ScheduleState> UpdateAsync(Func<ScheduleState, ScheduleState> change) =>
            states.UpdateAsync(loaded.Deployment, schedule, change, cancellationToken);
    }

    /// <summary>The unfinished runs that an instant overlaps with: none of its own schedule's later instants, which another host may have started.</summary>
    private async Task<IReadOnlyList<RunRecord>> EarlierRunsAsync(
        string pipeline, ScheduleDefinition schedule, DateTimeOffset nominal, string runId, CancellationToken cancellationToken) =>
        schedule.Overlap == OverlapPolicy.Allow
            ? []
            : [.. (await starter.UnfinishedAsync(pipeline, cancellationToken)).Where(run =>
                run.RunId != runId
                && !(run.Trigger.Kind == RunTriggerKind.Schedule && run.Trigger.Name == schedule.Name && run.Trigger.Nominal > nominal))];

    /// <summary>Ends the runs of this engine.</summary>
    /// <returns>Those of other engines, whose hosts end them when they tick.</returns>
    private async Task<IReadOnlyList<RunRecord>> CancelAsync(
        IReadOnlyList<RunRecord> others, ScheduleDefinition schedule, DateTimeOffset nominal, CancellationToken cancellationToken)
    {
        foreach (var run in others.Where(run => run.Engine == engine))
        {
            try
            {
                await starter.CancelAsync(run.RunId, $"the schedule '{schedule.Name}' starts the run of {NameOf(nominal)}", cancellationToken);
            }
            catch (PipelineException exception) when (exception.Code == "run-ended")
            {
                // It ended by itself meanwhile, which is all that is wanted.
            }
        }

        return [.. others.Where(run => run.Engine != engine)];
    }

    private async Task<RunStart> StartOfAsync(
        DeployedSchedules loaded, ScheduleDefinition schedule, DateTimeOffset nominal, string runId, CancellationToken cancellationToken)
    {
        if (!loaded.Sources.TryGetValue(schedule.Name, out var source))
        {
            source = await deployments.ReadAsync(loaded.Deployment, schedule.Parameters, cancellationToken);
            loaded.Sources[schedule.Name] = source;
        }

        return new RunStart(runId, source, $"schedule:{schedule.Name}")
        {
            Stage = schedule.Stage,
            Trigger = new RunTrigger(RunTriggerKind.Schedule) { Name = schedule.Name, Nominal = nominal },
        };
    }

    /// <summary>What a tick has done so far.</summary>
    private sealed class Log(DateTimeOffset now)
    {
        public DateTimeOffset Now { get; } = now;

        public ImmutableArray<TickedInstant>.Builder Instants { get; } = ImmutableArray.CreateBuilder<TickedInstant>();

        public ImmutableArray<ScheduleProblem>.Builder Problems { get; } = ImmutableArray.CreateBuilder<ScheduleProblem>();

        public DateTimeOffset? Next { get; set; }

        public void Add(string pipeline, ScheduleDefinition schedule, DateTimeOffset nominal, TickOutcome outcome, string runId, string? reason) =>
            Instants.Add(new(pipeline, schedule.Name, nominal, outcome, runId, reason));
    }

    /// <summary>What is kept between ticks of a deployment: all of it can be read again.</summary>
    private sealed class DeployedSchedules(PipelineDeployment deployment, ImmutableArray<ScheduleDefinition> schedules)
    {
        private readonly ConcurrentDictionary<string, ScheduleRule> rules = new(StringComparer.Ordinal);

        public PipelineDeployment Deployment { get; } = deployment;

        public ImmutableArray<ScheduleDefinition> Schedules { get; } = schedules;

        /// <summary>Nothing of a schedule is due before this, whatever other hosts do.</summary>
        public ConcurrentDictionary<string, DateTimeOffset> IdleUntil { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, PipelineSource> Sources { get; } = new(StringComparer.Ordinal);

        public ScheduleRule RuleOf(ScheduleDefinition schedule, TimeSpan minimumGap) =>
            rules.GetOrAdd(schedule.Name, (_, definition) => ScheduleRule.Of(definition, minimumGap), schedule);
    }
}
