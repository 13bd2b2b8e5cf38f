using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Cli.Output;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>Asks to end a run.</summary>
internal sealed record CancelRequest(string RunId, string Reason);

/// <summary>The owner of the workspace refused a command, or failed to carry it out.</summary>
internal sealed class ControlFailedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The commands that change a workspace beside its runs: carried out by the owner when there is one, else here.</summary>
internal static class ControlCommands
{
    private const string Cancel = "cancel";
    private const string Promote = "promote";
    private const string Rollback = "rollback";
    private const string Start = "start";

    public static async Task<RunRecord> CancelAsync(Workspace workspace, CancelRequest request, CancellationToken cancellationToken)
    {
        if (workspace.Owner() is not null)
        {
            return await SendAsync(
                workspace, Cancel, request, CliJson.Default.CancelRequest, CliJson.Default.RunRecord, cancellationToken);
        }

        // The engine would make a journal also where there is nothing to cancel.
        await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        await using var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken);
        return await CancelAsync(workspace, workspace.LauncherOf(engine), request, cancellationToken);
    }

    public static Task<ChampionChange> PromoteAsync(Workspace workspace, PromoteRequest request, CancellationToken cancellationToken) =>
        workspace.Owner() is not null
            ? SendAsync(workspace, Promote, request, CliJson.Default.PromoteRequest, CliJson.Default.ChampionChange, cancellationToken)
            : ChampionOf(workspace).PromoteAsync(request, cancellationToken);

    public static Task<ChampionChange> RollbackAsync(Workspace workspace, RollbackRequest request, CancellationToken cancellationToken) =>
        workspace.Owner() is not null
            ? SendAsync(workspace, Rollback, request, CliJson.Default.RollbackRequest, CliJson.Default.ChampionChange, cancellationToken)
            : ChampionOf(workspace).RollbackAsync(request, cancellationToken);

    /// <summary>Asks the owner to start a run, or to name the one that goes on already.</summary>
    /// <exception cref="ControlFailedException"><c>workspace-owned</c>: the owner takes no runs; <c>run-unfinished</c>: another run is in the way.</exception>
    public static Task<RunStarted> StartAsync(Workspace workspace, PipelineSource pipeline, string requestedBy, CancellationToken cancellationToken) =>
        SendAsync(
            workspace,
            Start,
            new StartRequest(pipeline.File, pipeline.Content.ToArray(), pipeline.Parameters, requestedBy),
            CliJson.Default.StartRequest,
            CliJson.Default.RunStarted,
            cancellationToken);

    /// <summary>Listens for the commands of other processes while this one owns the workspace.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="launcher">Starts and ends the runs of its engine.</param>
    /// <param name="takesRuns">Whether runs of others are carried out here: only where the process stays.</param>
    public static ControlServer Serve(Workspace workspace, RunLauncher launcher, bool takesRuns) =>
        ControlServer.Start(workspace.JournalDirectory, (request, token) => HandleAsync(workspace, launcher, takesRuns, request, token));

    private static async Task<ControlResponse> HandleAsync(
        Workspace workspace, RunLauncher launcher, bool takesRuns, ControlRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var champion = ChampionOf(workspace);
            return request.Command switch
            {
                Cancel => Answer(
                    await CancelAsync(workspace, launcher, Parse(request, CliJson.Default.CancelRequest), cancellationToken), CliJson.Default.RunRecord),
                Promote => Answer(
                    await champion.PromoteAsync(Parse(request, CliJson.Default.PromoteRequest), cancellationToken), CliJson.Default.ChampionChange),
                Rollback => Answer(
                    await champion.RollbackAsync(Parse(request, CliJson.Default.RollbackRequest), cancellationToken), CliJson.Default.ChampionChange),
                Start when takesRuns => Answer(
                    await StartAsync(workspace, launcher, Parse(request, CliJson.Default.StartRequest), cancellationToken), CliJson.Default.RunStarted),
                Start => new ControlResponse(
                    false,
                    null,
                    EmbeddedErrorCodes.WorkspaceOwned,
                    $"the workspace is in use by process {Environment.ProcessId}, which carries out a run of its own; wait until it ends, or stop it"),
                _ => new ControlResponse(false, null, CliErrorCodes.Usage, $"the owner of the workspace does not know the command '{request.Command}'; it may be an older version"),
            };
        }
        catch (Exception exception) when (ExitCodes.CodeOf(exception) is not null)
        {
            return new ControlResponse(false, null, ExitCodes.CodeOf(exception), exception.Message);
        }
    }

    private static async Task<RunStarted> StartAsync(
        Workspace workspace, RunLauncher launcher, StartRequest request, CancellationToken cancellationToken)
    {
        var loaded = PipelineFile.Load(request.File, request.Content, new PipelineLoadOptions { Parameters = request.Parameters });
        var pipeline = loaded.Definition is { } definition
            ? new PipelineSource(request.File, request.Content, loaded.ContentHash, definition, request.Parameters)
            : throw new InvalidPipelineException(request.File, loaded.Problems);
        if (await launcher.FindUnfinishedAsync(definition.Name, cancellationToken) is { } unfinished)
        {
            return RunProcedure.IsSame(unfinished, pipeline)
                ? new RunStarted(unfinished.RunId, definition.Name, Continued: true)
                : throw RunProcedure.Unfinished(workspace, unfinished, pipeline);
        }

        var runId = RunIds.New(workspace.TimeProvider.GetUtcNow());
        await launcher.StartAsync(new RunStart(runId, pipeline, request.RequestedBy), cancellationToken);
        return new RunStarted(runId, definition.Name, Continued: false);
    }

    private static ChampionControl ChampionOf(Workspace workspace) => new(new ModelRegistry(workspace.Store, workspace.TimeProvider));

    private static async Task<RunRecord> CancelAsync(
        Workspace workspace, RunLauncher launcher, CancelRequest request, CancellationToken cancellationToken)
    {
        await launcher.ReconcileAsync(cancellationToken);
        var runs = new RunStore(workspace.Store);
        var run = await runs.GetAsync(request.RunId, cancellationToken);
        await launcher.CancelAsync(run.RunId, request.Reason, cancellationToken);
        return await runs.GetAsync(run.RunId, cancellationToken);
    }

    private static async Task<TResult> SendAsync<TRequest, TResult>(
        Workspace workspace,
        string command,
        TRequest request,
        JsonTypeInfo<TRequest> requestType,
        JsonTypeInfo<TResult> resultType,
        CancellationToken cancellationToken)
    {
        var response = await ControlClient.SendAsync(
            workspace.JournalDirectory, new ControlRequest(command, JsonSerializer.Serialize(request, requestType)), cancellationToken);
        return response.Ok
            ? JsonSerializer.Deserialize(response.Result!, resultType)!
            : throw new ControlFailedException(response.ErrorCode!, response.ErrorMessage!);
    }

    private static ControlResponse Answer<T>(T result, JsonTypeInfo<T> typeInfo) => new(true, JsonSerializer.Serialize(result, typeInfo), null, null);

    private static T Parse<T>(ControlRequest request, JsonTypeInfo<T> typeInfo) =>
        JsonSerializer.Deserialize(request.Arguments ?? "null", typeInfo)
        ?? throw new CliException(CliErrorCodes.Usage, $"the command '{request.Command}' came without its arguments");
}
