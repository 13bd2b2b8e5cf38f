using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>What the commands do that take up a run that has ended.</summary>
internal static class AgainProcedure
{
    /// <summary>Lets the owner of the workspace take the run up, or does so itself, and watches it to its end.</summary>
    /// <param name="call">The command.</param>
    /// <param name="workspace">Where.</param>
    /// <param name="ask">Asks the owner.</param>
    /// <param name="begin">Takes the run up with the engine of this process.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        CommandCall call,
        Workspace workspace,
        Func<CancellationToken, Task<RunStarted>> ask,
        Func<RunLauncher, CancellationToken, Task<RunStarted>> begin)
    {
        RunStarted? current = null;
        try
        {
            if (workspace.Owner() is not null)
            {
                current = await ask(call.CancellationToken) with { Server = true };
                RunOutput.Started(call.Terminal, current);
                return await RunOutput.EndAsync(call, workspace, await OwnedRun.WatchAsync(workspace, current.RunId, call.CancellationToken));
            }

            await using var session = await RunSession.OpenAsync(workspace, call.CancellationToken);
            await session.Launcher.ReconcileAsync(call.CancellationToken);
            current = await begin(session.Launcher, call.CancellationToken);
            RunOutput.Started(call.Terminal, current);
            return await RunOutput.EndAsync(call, workspace, await RunOutput.WatchAsync(call, workspace, session, current));
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested && current is not null)
        {
            return RunOutput.Interrupted(call, current.RunId, current.Server is true, $"`mldurable resume {current.RunId}{workspace.StoreOption()}`");
        }
    }
}
