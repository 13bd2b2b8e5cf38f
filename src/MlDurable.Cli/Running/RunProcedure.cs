using System.Collections.Immutable;
using System.Security.Cryptography;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>What <c>run</c> does, for the command and for the demo.</summary>
internal static class RunProcedure
{
    /// <summary>Brings data in, starts a run or continues the unfinished one, and watches it to its end.</summary>
    /// <param name="workspace">Where.</param>
    /// <param name="pipeline">What.</param>
    /// <param name="files">Data files to bring in first; null for none.</param>
    /// <param name="requestedBy">Who asks.</param>
    /// <param name="started">Told of the run before it goes on.</param>
    /// <param name="uploaded">Told of each file that was brought in.</param>
    /// <param name="watch">Watches the session's run to its end.</param>
    /// <param name="cancellationToken">Stops; the run stays resumable.</param>
    /// <exception cref="CliException"><c>run-unfinished</c>: another run of the pipeline is in the way.</exception>
    public static async Task<RunRecord> RunAsync(
        Workspace workspace,
        PipelineSource pipeline,
        IReadOnlyList<string>? files,
        string requestedBy,
        Action<RunStarted> started,
        Action<UploadedFile> uploaded,
        Func<RunSession, RunStarted, Task<RunRecord>> watch,
        CancellationToken cancellationToken)
    {
        var unfinished = await FindUnfinishedAsync(workspace, pipeline, cancellationToken);
        if (unfinished is not null && !IsSame(unfinished, pipeline))
        {
            throw new CliException(
                CliErrorCodes.RunUnfinished,
                $"run {unfinished.RunId} of pipeline '{unfinished.Pipeline}' is unfinished and was started with "
                + $"{(unfinished.PipelineHash == pipeline.Hash ? "other parameters" : "another version of the pipeline file")}; "
                + $"finish it with `mldurable resume {unfinished.RunId}`, or end it with `mldurable cancel {unfinished.RunId}`");
        }

        if (files is not null)
        {
            await new DataUpload(workspace.Store).UploadAsync(
                pipeline.Definition.Data, files, new Relay<UploadedFile>(uploaded), cancellationToken);
        }

        await using var session = await RunSession.OpenAsync(workspace, cancellationToken);
        await session.Launcher.ReconcileAsync(cancellationToken);
        unfinished = await session.Launcher.FindUnfinishedAsync(pipeline.Definition.Name, cancellationToken);
        var run = unfinished is not null && IsSame(unfinished, pipeline)
            ? new RunStarted(unfinished.RunId, pipeline.Definition.Name, Continued: true)
            : new RunStarted(
                await session.Launcher.StartAsync(
                    pipeline, requestedBy, RandomNumberGenerator.GetHexString(6, lowercase: true), cancellationToken),
                pipeline.Definition.Name,
                Continued: false);
        started(run);
        return await watch(session, run);
    }

    /// <summary>The unfinished run of a pipeline. The record of a run whose end was cut off by a crash is closed first.</summary>
    private static async Task<RunRecord?> FindUnfinishedAsync(Workspace workspace, PipelineSource pipeline, CancellationToken cancellationToken)
    {
        var open = await RecordedAsync(workspace, pipeline, cancellationToken);
        if (open is null || IsSame(open, pipeline))
        {
            return open;
        }

        await using (var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken))
        {
            await workspace.LauncherOf(engine).ReconcileAsync(cancellationToken);
        }

        return await RecordedAsync(workspace, pipeline, cancellationToken);
    }

    private static async Task<RunRecord?> RecordedAsync(Workspace workspace, PipelineSource pipeline, CancellationToken cancellationToken)
    {
        await foreach (var run in new RunStore(workspace.Store).ListAsync(cancellationToken))
        {
            if (run.Pipeline == pipeline.Definition.Name && run.Status == RunStatus.Running && run.Engine == workspace.EngineName)
            {
                return run;
            }
        }

        return null;
    }

    private static bool IsSame(RunRecord run, PipelineSource pipeline) =>
        run.PipelineHash == pipeline.Hash && run.Parameters.SequenceEqual(pipeline.Parameters);

    /// <summary>Passes reports on at once, on the thread that makes them; <see cref="Progress{T}"/> would do it later and in any order.</summary>
    private sealed class Relay<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}
