using System.Collections.Immutable;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>Asks the owner of the workspace to carry a run out.</summary>
/// <param name="File">The pipeline file's name, for messages.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Parameters">The values given for its parameters.</param>
/// <param name="Stage">How much of it is carried out.</param>
/// <param name="Priority">Whose steps get a free slot first; null for what the pipeline says.</param>
/// <param name="RequestedBy">Who asks.</param>
internal sealed record StartRequest(string File, byte[] Content, ImmutableSortedDictionary<string, string> Parameters, RunStage Stage, RunPriority? Priority, string RequestedBy);

/// <summary>Watches a run that a server carries out, by its record.</summary>
internal static class OwnedRun
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the record is closed.</summary>
    /// <exception cref="CliException"><c>owner-unreachable</c>: the server went away before that.</exception>
    public static async Task<RunRecord> WatchAsync(Workspace workspace, string runId, CancellationToken cancellationToken)
    {
        var runs = new RunStore(workspace.Store);
        while (true)
        {
            var owned = workspace.Owner() is not null;
            var run = await runs.FindAsync(runId, cancellationToken)
                ?? throw new PipelineException("run-not-found", $"the record of run {runId} is gone from {workspace.Store.Description}");
            if (run.Status != RunStatus.Running)
            {
                return run;
            }

            if (!owned)
            {
                throw new CliException(
                    EmbeddedErrorCodes.OwnerUnreachable,
                    $"the server that carried run {runId} out has ended; `mldurable resume {runId}{workspace.StoreOption()}` goes on with it, and so does its next start");
            }

            await Task.Delay(Interval, workspace.TimeProvider, cancellationToken);
        }
    }
}
