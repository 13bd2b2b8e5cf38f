using System.Threading.Channels;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Running;

/// <summary>Owns a workspace while runs are carried out: the engine, the control channel, and the live events.</summary>
internal sealed class RunSession : IAsyncDisposable
{
    private readonly Workspace workspace;
    private readonly EmbeddedEngine engine;
    private readonly ControlServer control;
    private readonly Channel<EngineEvent> events;

    private RunSession(Workspace workspace, EmbeddedEngine engine, Channel<EngineEvent> events)
    {
        this.workspace = workspace;
        this.engine = engine;
        this.events = events;
        Launcher = workspace.LauncherOf(engine);
        control = ControlCommands.Serve(workspace, Launcher, engine.Client, takesRuns: false);
    }

    public RunLauncher Launcher { get; }

    public IOrchestrationClient Client => engine.Client;

    /// <summary>Takes the workspace and goes on with what is unfinished in it.</summary>
    /// <exception cref="Orchestration.OrchestrationException"><c>workspace-owned</c>, <c>journal-corrupt</c>, …</exception>
    public static async Task<RunSession> OpenAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<EngineEvent>(new UnboundedChannelOptions { SingleReader = true });
        var opened = await workspace.OpenEngineAsync(paused: false, cancellationToken, observer: happened => channel.Writer.TryWrite(happened));
        try
        {
            return new RunSession(workspace, opened, channel);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Watches a run to its end.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="continued">Whether it was begun before, so that what it finished then is told first.</param>
    /// <param name="view">Told of what happens.</param>
    /// <param name="cancellationToken">Stops watching; the run stays unfinished and can be continued.</param>
    /// <returns>The run's closed record.</returns>
    /// <exception cref="OrchestrationException">
    /// <c>nondeterminism</c> or <c>orchestrator-not-registered</c>: this build cannot go on with it; <c>activity-poisoned</c>: a step is in quarantine.
    /// </exception>
    public async Task<RunRecord> WatchAsync(string runId, bool continued, IRunView view, CancellationToken cancellationToken)
    {
        if (await engine.Client.GetAsync(runId, cancellationToken) is { IsFinished: false, Failure: { } hindrance })
        {
            throw Hindered(runId, hindrance);
        }

        var reader = new RunStepReader(workspace.Store, runId);
        if (continued)
        {
            view.AlreadyFinished(await reader.FinishedCandidatesAsync(cancellationToken));
            if (await reader.WaitingAsync(cancellationToken) is { } waits)
            {
                view.Happened(waits);
            }
        }

        var watching = RelayAsync(runId, reader, view, cancellationToken);
        var waiting = Launcher.WaitAsync(runId, cancellationToken);

        // A stopped engine ends no run, and one whose code does not fit neither: their errors must be heard.
        await await Task.WhenAny(waiting, watching, engine.Completion);
        var run = await waiting;
        await watching;
        return run;
    }

    /// <summary>Waits for the end of a backfill.</summary>
    /// <param name="backfill">The backfill.</param>
    /// <param name="ended">Told of each of its runs that ends.</param>
    /// <param name="cancellationToken">Stops watching; the backfill goes on when the workspace is next opened.</param>
    public async Task WatchAsync(Backfill backfill, Func<string, Task> ended, CancellationToken cancellationToken)
    {
        if (await engine.Client.GetAsync(backfill.Id, cancellationToken) is not { IsFinished: false })
        {
            return;
        }

        var own = backfill.Items.Select(item => item.RunId).ToHashSet(StringComparer.Ordinal);
        var watching = RelayEndsAsync(own, backfill.Id, ended, cancellationToken);
        var waiting = engine.Client.WaitForCompletionAsync(backfill.Id, cancellationToken);
        if (await Task.WhenAny(waiting, engine.Completion) == engine.Completion)
        {
            await engine.Completion;
        }

        await waiting;
        await watching;
        await Launcher.ReconcileAsync(cancellationToken);
    }

    private async Task RelayEndsAsync(HashSet<string> runs, string backfill, Func<string, Task> ended, CancellationToken cancellationToken)
    {
        await foreach (var happened in events.Reader.ReadAllAsync(cancellationToken))
        {
            if (!happened.Kind.EndsInstance())
            {
                continue;
            }

            if (happened.InstanceId == backfill)
            {
                return;
            }

            if (runs.Contains(happened.InstanceId))
            {
                await ended(happened.InstanceId);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await control.DisposeAsync();
        await engine.DisposeAsync();
    }

    /// <summary>Passes the events of a run on until it ends.</summary>
    private async Task RelayAsync(string runId, RunStepReader reader, IRunView view, CancellationToken cancellationToken)
    {
        await foreach (var happened in events.Reader.ReadAllAsync(cancellationToken))
        {
            if (happened.InstanceId != runId)
            {
                continue;
            }

            if (happened.Kind.EndsInstance())
            {
                return;
            }

            if (happened is { Kind: EngineEventKind.InstanceParked or EngineEventKind.ActivityQuarantined, Failure: { } hindrance })
            {
                throw Hindered(runId, hindrance);
            }

            if (happened.Kind.StepState() is { } state)
            {
                var step = await reader.ReadAsync(happened.Name, state, happened.Input, happened.Result, cancellationToken);
                view.Happened(step with { Fraction = happened.Fraction, Message = happened.Failure?.ErrorMessage });
            }
        }
    }

    private static OrchestrationException Hindered(string runId, TaskFailureDetails hindrance) => new(
        hindrance.Code!,
        hindrance.Code == OrchestrationErrorCodes.ActivityPoisoned
            ? $"run {runId} waits for a person: `mldurable retry {runId} STEP`, `mldurable skip {runId} STEP --output JSON`, or `mldurable cancel {runId}`. "
              + hindrance.ErrorMessage
            : $"run {runId} was begun by another version of mldurable, and this one cannot go on with it; continue it with that version, or give it up with "
              + $"`mldurable cancel {runId}`. {hindrance.ErrorMessage}");
}
