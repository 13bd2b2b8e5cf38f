using System.Threading.Channels;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;

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
        control = ControlCommands.Serve(workspace, Launcher, takesRuns: false);
    }

    public RunLauncher Launcher { get; }

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
    public async Task<RunRecord> WatchAsync(string runId, bool continued, IRunView view, CancellationToken cancellationToken)
    {
        var reader = new RunStepReader(workspace.Store, runId);
        if (continued)
        {
            view.AlreadyFinished(await reader.FinishedCandidatesAsync(cancellationToken));
        }

        var watching = RelayAsync(runId, reader, view, cancellationToken);
        var waiting = Launcher.WaitAsync(runId, cancellationToken);

        // A stopped engine ends no run: its own error must be heard.
        if (await Task.WhenAny(waiting, engine.Completion) == engine.Completion)
        {
            await engine.Completion;
        }

        var run = await waiting;
        await watching;
        return run;
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

            if (happened.Kind.StepState() is { } state)
            {
                var step = await reader.ReadAsync(happened.Name, state, happened.Input, happened.Result, cancellationToken);
                view.Happened(step with { Fraction = happened.Fraction, Message = happened.Failure?.ErrorMessage });
            }
        }
    }
}
