using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable resume</c>.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("RUN")
        {
            Description = "The run, the beginning of its id, or latest. Default: every unfinished run.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new ToolCommand(
            "resume",
            "Continues runs that were interrupted: what had finished is not done again.",
            "mldurable resume                     # all unfinished runs of the workspace in this directory",
            "mldurable resume 20260102T030405     # one run, by the beginning of its id");
        command.Arguments.Add(id);
        command.Run = call => ResumeAsync(call, call.Arguments.GetValue(id));
        return command;
    }

    private static async Task<int> ResumeAsync(CommandCall call, string? id)
    {
        var workspace = call.OpenWorkspace();
        var runs = await UnfinishedAsync(call, workspace, id);
        if (runs.Count == 0)
        {
            call.Terminal.Line("there is no unfinished run");
            return ExitCodes.Done;
        }

        var exitCode = ExitCodes.Done;
        var current = runs[0].RunId;
        try
        {
            await using var session = await RunSession.OpenAsync(workspace, call.CancellationToken);
            await session.Launcher.ReconcileAsync(call.CancellationToken);
            foreach (var unfinished in runs)
            {
                current = unfinished.RunId;
                var started = new RunStarted(unfinished.RunId, unfinished.Pipeline, Continued: true);
                RunOutput.Started(call.Terminal, started);
                try
                {
                    var run = await RunOutput.WatchAsync(call, workspace, session, started);
                    exitCode = Math.Max(exitCode, await RunOutput.EndAsync(call, workspace, run));
                }
                catch (OrchestrationException exception) when (
                    exception.Code is OrchestrationErrorCodes.Nondeterminism or OrchestrationErrorCodes.OrchestratorNotRegistered or OrchestrationErrorCodes.ActivityPoisoned)
                {
                    // It waits for another build or for a person; the other runs do not wait for it.
                    call.Terminal.Error(exception.Code, exception.Message);
                    exitCode = Math.Max(exitCode, ExitCodes.Failed);
                }
            }

            return exitCode;
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            return RunOutput.Interrupted(call, current);
        }
    }

    /// <summary>The unfinished runs that are meant, oldest first.</summary>
    private static async Task<List<RunRecord>> UnfinishedAsync(CommandCall call, Workspace workspace, string? id)
    {
        var store = new RunStore(workspace.Store);
        if (id is not null)
        {
            var run = await store.GetAsync(id, call.CancellationToken);
            if (run.Status == RunStatus.Running && run.Engine != workspace.EngineName)
            {
                throw new PipelineException(
                    "instance-conflict", $"run {run.RunId} belongs to the engine '{run.Engine}' on another machine or in another directory; resume it there");
            }

            return run.Status == RunStatus.Running
                ? [run]
                : throw new PipelineException("run-ended", $"run {run.RunId} has ended already: {Text.Lower(run.Status)}");
        }

        var unfinished = new List<RunRecord>();
        await foreach (var run in store.ListAsync(call.CancellationToken))
        {
            if (run.Status == RunStatus.Running && run.Engine == workspace.EngineName)
            {
                unfinished.Insert(0, run);
            }
        }

        return unfinished;
    }
}
