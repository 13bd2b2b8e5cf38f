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
    /// <param name="stage">How much of it.</param>
    /// <param name="priority">Whose steps get a free slot first; null for what the pipeline says, or the run that is continued.</param>
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
        RunStage stage,
        RunPriority? priority,
        IReadOnlyList<string>? files,
        string requestedBy,
        Action<RunStarted> started,
        Action<UploadedFile> uploaded,
        Func<RunSession, RunStarted, Task<RunRecord>> watch,
        CancellationToken cancellationToken)
    {
        var unfinished = await FindUnfinishedAsync(workspace, pipeline, stage, priority, cancellationToken);
        if (unfinished is not null && !IsSame(unfinished, pipeline, stage, priority))
        {
            throw Unfinished(workspace, unfinished, pipeline, stage, priority);
        }

        if (files is not null)
        {
            if (unfinished is not null)
            {
                await RequireUnchangedAsync(workspace, unfinished, pipeline, files, cancellationToken);
            }

            await new DataUpload(workspace.Store).UploadAsync(
                pipeline.Definition.Data, files, new Relay<UploadedFile>(uploaded), cancellationToken);
        }

        if (workspace.Owner() is not null)
        {
            var asked = await ControlCommands.StartAsync(workspace, pipeline, stage, priority, requestedBy, cancellationToken);
            started(asked with { Server = true });
            return await OwnedRun.WatchAsync(workspace, asked.RunId, cancellationToken);
        }

        await using var session = await RunSession.OpenAsync(workspace, cancellationToken);
        await session.Launcher.ReconcileAsync(cancellationToken);
        unfinished = await session.Launcher.FindUnfinishedAsync(pipeline.Definition.Name, cancellationToken);
        RunStarted run;
        if (unfinished is not null && IsSame(unfinished, pipeline, stage, priority))
        {
            run = new RunStarted(unfinished.RunId, pipeline.Definition.Name, Continued: true)
            {
                Waiting = await WaitingAsync(workspace, unfinished, pipeline, files ?? [], cancellationToken),
            };
        }
        else
        {
            run = new RunStarted(RunIds.New(workspace.TimeProvider.GetUtcNow()), pipeline.Definition.Name, Continued: false);
            await session.Launcher.StartAsync(new RunStart(run.RunId, pipeline, requestedBy) { Stage = stage, Priority = priority }, cancellationToken);
        }

        started(run);
        return await watch(session, run);
    }

    /// <summary>Starts a run like one that has ended, or goes on with the one that was started so and interrupted.</summary>
    /// <exception cref="CliException"><c>run-unfinished</c>: another run of the pipeline is in the way.</exception>
    public static async Task<RunStarted> RestartAsync(Workspace workspace, RunLauncher launcher, RestartRequest request, CancellationToken cancellationToken)
    {
        var repeated = await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        var start = await RunRestart.OfAsync(
            workspace.Store, repeated, RunIds.New(workspace.TimeProvider.GetUtcNow()), request.Parameters, request.RequestedBy, cancellationToken);
        if (await launcher.FindUnfinishedAsync(repeated.Pipeline, cancellationToken) is { } unfinished)
        {
            return IsSame(unfinished, start.Pipeline, start.Stage, start.Priority) && unfinished.Trigger == start.Trigger
                ? new RunStarted(unfinished.RunId, unfinished.Pipeline, Continued: true)
                : throw Unfinished(workspace, unfinished, start.Pipeline, start.Stage, start.Priority);
        }

        await launcher.StartAsync(start, cancellationToken);
        return new RunStarted(start.RunId, repeated.Pipeline, Continued: false);
    }

    /// <summary>The unfinished run of a pipeline. The record of a run whose end was cut off by a crash is closed first.</summary>
    private static async Task<RunRecord?> FindUnfinishedAsync(
        Workspace workspace, PipelineSource pipeline, RunStage stage, RunPriority? priority, CancellationToken cancellationToken)
    {
        var open = await RecordedAsync(workspace, pipeline, cancellationToken);
        if (open is null || IsSame(open, pipeline, stage, priority) || workspace.Owner() is not null)
        {
            return open;
        }

        await using (var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken))
        {
            await workspace.LauncherOf(engine).ReconcileAsync(cancellationToken);
        }

        return await RecordedAsync(workspace, pipeline, cancellationToken);
    }

    /// <summary>The newest unfinished run that a person started. Those of schedules, backfills and the like go on beside it.</summary>
    private static async Task<RunRecord?> RecordedAsync(Workspace workspace, PipelineSource pipeline, CancellationToken cancellationToken)
    {
        RunRecord? newest = null;
        await foreach (var run in new RunStore(workspace.Store).UnfinishedAsync(pipeline.Definition.Name, cancellationToken))
        {
            newest = run.Engine == workspace.EngineName && run.Trigger.IsByHand ? run : newest;
        }

        return newest;
    }

    /// <summary>
    /// Refuses files that would replace what an unfinished run works on: it reads its data again when it continues, and would fail. Files that
    /// are the same, as those of the very command that was interrupted, and files that are new do no harm.
    /// </summary>
    private static async Task RequireUnchangedAsync(
        Workspace workspace, RunRecord unfinished, PipelineSource pipeline, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var plan = await new RunStore(workspace.Store).PlanAsync(unfinished.RunId, cancellationToken);
        foreach (var file in files)
        {
            var name = DataUpload.TargetOf(pipeline.Definition.Data, file);
            if (plan?.Partitions.FirstOrDefault(partition => partition.Name == name) is not { } planned)
            {
                continue;
            }

            await using var content = File.OpenRead(file);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != planned.Hash)
            {
                throw new CliException(
                    CliErrorCodes.RunUnfinished,
                    $"{file} would replace {name}, which the unfinished run {unfinished.RunId} works on; nothing was brought in; "
                    + WaysOn(workspace, unfinished));
            }
        }
    }

    /// <summary>The files that a continued run does not take any more, because its plan is made; null for none.</summary>
    private static async Task<ImmutableArray<string>?> WaitingAsync(
        Workspace workspace, RunRecord unfinished, PipelineSource pipeline, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        if (await new RunStore(workspace.Store).PlanAsync(unfinished.RunId, cancellationToken) is not { } plan)
        {
            return null;
        }

        var waiting = files.Select(file => DataUpload.TargetOf(pipeline.Definition.Data, file))
            .Except(plan.Partitions.Select(partition => partition.Name), StringComparer.Ordinal)
            .ToImmutableArray();
        return waiting.IsEmpty ? null : waiting;
    }

    /// <summary>Says that another run of the pipeline is in the way.</summary>
    public static CliException Unfinished(Workspace workspace, RunRecord unfinished, PipelineSource pipeline, RunStage stage, RunPriority? priority) => new(
        CliErrorCodes.RunUnfinished,
        $"run {unfinished.RunId} of pipeline '{unfinished.Pipeline}' is unfinished and was started with {Difference(unfinished, pipeline, stage, priority)}; "
        + WaysOn(workspace, unfinished));

    private static string WaysOn(Workspace workspace, RunRecord unfinished) =>
        $"finish it with `mldurable resume {unfinished.RunId}{workspace.StoreOption()}`, "
        + $"or end it with `mldurable cancel {unfinished.RunId}{workspace.StoreOption()}`";

    /// <summary>Whether a run carries out this stage of this pipeline with these parameters, and this priority if one is asked for.</summary>
    public static bool IsSame(RunRecord run, PipelineSource pipeline, RunStage stage, RunPriority? priority) =>
        run.PipelineHash == pipeline.Hash && run.Parameters.SequenceEqual(pipeline.Parameters) && run.Stage == stage && run.Priority == (priority ?? run.Priority);

    private static string Difference(RunRecord run, PipelineSource pipeline, RunStage stage, RunPriority? priority) => run switch
    {
        _ when run.PipelineHash != pipeline.Hash => "another version of the pipeline file",
        _ when run.Stage != stage => $"another stage ({Text.Lower(run.Stage)})",
        _ when !run.Parameters.SequenceEqual(pipeline.Parameters) => "other parameters",
        _ when priority is not null && run.Priority != priority => $"another priority ({Text.Lower(run.Priority)})",
        _ => "the same, but not as this one",
    };
}
