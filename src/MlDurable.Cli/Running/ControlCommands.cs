using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Cli.Output;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Running;

/// <summary>Asks to end a run.</summary>
internal sealed record CancelRequest(string RunId, string Reason);

/// <summary>Lets a failed run go on.</summary>
internal sealed record RewindRequest(string RunId, string Reason);

/// <summary>Starts a run like one that has ended.</summary>
/// <param name="RunId">That run.</param>
/// <param name="Parameters">Parameters that get another value.</param>
/// <param name="RequestedBy">Who asks.</param>
internal sealed record RestartRequest(string RunId, ImmutableSortedDictionary<string, string> Parameters, string RequestedBy);

/// <summary>Decides about a step in quarantine.</summary>
/// <param name="RunId">The run, the beginning of its identity, or <c>latest</c>.</param>
/// <param name="Step">The step's number.</param>
/// <param name="Output">The result that it gets, as JSON; null to try it again.</param>
/// <param name="Reason">Why, and who decides.</param>
internal sealed record StepRequest(string RunId, int Step, string? Output, string Reason);

/// <summary>Answers a request for approval.</summary>
/// <param name="RunId">The run, the beginning of its identity, or <c>latest</c>.</param>
/// <param name="Choice">The answer.</param>
/// <param name="Reason">Why; may be empty for an approval.</param>
/// <param name="EvidenceHash">The evidence that is answered about; null for whatever is asked about.</param>
/// <param name="By">Who answers.</param>
internal sealed record AnswerRequest(string RunId, ApprovalChoice Choice, string Reason, string? EvidenceHash, string By);

/// <summary>The owner of the workspace refused a command, or failed to carry it out.</summary>
internal sealed class ControlFailedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The commands that change a workspace beside its runs: carried out by the owner when there is one, else here.</summary>
internal static class ControlCommands
{
    private const string Answer = "answer";
    private const string Cancel = "cancel";
    private const string CancelBackfill = "cancel-backfill";
    private const string DecideStep = "decide-step";
    private const string Promote = "promote";
    private const string Purge = "purge";
    private const string Restart = "restart";
    private const string Rewind = "rewind";
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

    public static async Task<Backfill> CancelBackfillAsync(Workspace workspace, CancelRequest request, CancellationToken cancellationToken)
    {
        if (workspace.Owner() is not null)
        {
            return await SendAsync(
                workspace, CancelBackfill, request, CliJson.Default.CancelRequest, CliJson.Default.Backfill, cancellationToken);
        }

        await using var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken);
        return await workspace.LauncherOf(engine).CancelBackfillAsync(request.RunId, request.Reason, cancellationToken);
    }

    public static async Task<ApprovalReceipt> AnswerAsync(Workspace workspace, AnswerRequest request, CancellationToken cancellationToken)
    {
        if (workspace.Owner() is not null)
        {
            return await SendAsync(workspace, Answer, request, CliJson.Default.AnswerRequest, CliJson.Default.ApprovalReceipt, cancellationToken);
        }

        // The engine would make a journal also where there is nothing to answer.
        await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        await using var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken);
        return await AnswerAsync(workspace, engine.Client, request, cancellationToken);
    }

    /// <summary>Lets the owner's engine go on with a failed run.</summary>
    public static Task<RunRecord> RewindAsync(Workspace workspace, RewindRequest request, CancellationToken cancellationToken) =>
        SendAsync(workspace, Rewind, request, CliJson.Default.RewindRequest, CliJson.Default.RunRecord, cancellationToken);

    /// <summary>Lets the owner start a run like one that has ended.</summary>
    public static Task<RunStarted> RestartAsync(Workspace workspace, RestartRequest request, CancellationToken cancellationToken) =>
        SendAsync(workspace, Restart, request, CliJson.Default.RestartRequest, CliJson.Default.RunStarted, cancellationToken);

    public static async Task<RunRecord> DecideStepAsync(Workspace workspace, StepRequest request, CancellationToken cancellationToken)
    {
        if (workspace.Owner() is not null)
        {
            return await SendAsync(workspace, DecideStep, request, CliJson.Default.StepRequest, CliJson.Default.RunRecord, cancellationToken);
        }

        // The engine would make a journal also where there is nothing to decide.
        await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        await using var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken);
        return await DecideStepAsync(workspace, engine.Client, request, cancellationToken);
    }

    public static async Task<PurgeProgress> PurgeAsync(Workspace workspace, PurgePolicy policy, CancellationToken cancellationToken)
    {
        if (workspace.Owner() is not null)
        {
            return await SendAsync(workspace, Purge, policy, CliJson.Default.PurgePolicy, CliJson.Default.PurgeProgress, cancellationToken);
        }

        // The engine would make a journal also where there is nothing to forget.
        if (!Directory.Exists(workspace.JournalDirectory))
        {
            return new PurgeProgress(0, true);
        }

        await using var engine = await workspace.OpenEngineAsync(paused: true, cancellationToken);
        return await engine.Client.PurgeAsync(policy, cancellationToken: cancellationToken);
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
    public static Task<RunStarted> StartAsync(
        Workspace workspace, PipelineSource pipeline, RunStage stage, RunPriority? priority, string requestedBy, CancellationToken cancellationToken) =>
        SendAsync(
            workspace,
            Start,
            new StartRequest(pipeline.File, pipeline.Content.ToArray(), pipeline.Parameters, stage, priority, requestedBy),
            CliJson.Default.StartRequest,
            CliJson.Default.RunStarted,
            cancellationToken);

    /// <summary>Listens for the commands of other processes while this one owns the workspace.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="launcher">Starts and ends the runs of its engine.</param>
    /// <param name="client">The engine's client.</param>
    /// <param name="takesRuns">Whether runs of others are carried out here: only where the process stays.</param>
    public static ControlServer Serve(Workspace workspace, RunLauncher launcher, IOrchestrationClient client, bool takesRuns) =>
        ControlServer.Start(workspace.JournalDirectory, (request, token) => HandleAsync(workspace, launcher, client, takesRuns, request, token));

    private static async Task<ControlResponse> HandleAsync(
        Workspace workspace, RunLauncher launcher, IOrchestrationClient client, bool takesRuns, ControlRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var champion = ChampionOf(workspace);
            return request.Command switch
            {
                Answer => Success(
                    await AnswerAsync(workspace, client, Parse(request, CliJson.Default.AnswerRequest), cancellationToken), CliJson.Default.ApprovalReceipt),
                Cancel => Success(
                    await CancelAsync(workspace, launcher, Parse(request, CliJson.Default.CancelRequest), cancellationToken), CliJson.Default.RunRecord),
                CancelBackfill => Success(
                    await CancelBackfillAsync(launcher, request, cancellationToken), CliJson.Default.Backfill),
                Purge => Success(
                    await client.PurgeAsync(Parse(request, CliJson.Default.PurgePolicy), cancellationToken: cancellationToken), CliJson.Default.PurgeProgress),
                DecideStep => Success(
                    await DecideStepAsync(workspace, client, Parse(request, CliJson.Default.StepRequest), cancellationToken), CliJson.Default.RunRecord),
                Rewind when takesRuns => Success(
                    await RewindAsync(launcher, Parse(request, CliJson.Default.RewindRequest), cancellationToken), CliJson.Default.RunRecord),
                Restart when takesRuns => Success(
                    await RunProcedure.RestartAsync(workspace, launcher, Parse(request, CliJson.Default.RestartRequest), cancellationToken), CliJson.Default.RunStarted),
                Promote => Success(
                    await champion.PromoteAsync(Parse(request, CliJson.Default.PromoteRequest), cancellationToken), CliJson.Default.ChampionChange),
                Rollback => Success(
                    await champion.RollbackAsync(Parse(request, CliJson.Default.RollbackRequest), cancellationToken), CliJson.Default.ChampionChange),
                Start when takesRuns => Success(
                    await StartAsync(workspace, launcher, Parse(request, CliJson.Default.StartRequest), cancellationToken), CliJson.Default.RunStarted),
                Start or Rewind or Restart => new ControlResponse(
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
            return RunProcedure.IsSame(unfinished, pipeline, request.Stage, request.Priority)
                ? new RunStarted(unfinished.RunId, definition.Name, Continued: true)
                : throw RunProcedure.Unfinished(workspace, unfinished, pipeline, request.Stage, request.Priority);
        }

        var runId = RunIds.New(workspace.TimeProvider.GetUtcNow());
        await launcher.StartAsync(new RunStart(runId, pipeline, request.RequestedBy) { Stage = request.Stage, Priority = request.Priority }, cancellationToken);
        return new RunStarted(runId, definition.Name, Continued: false);
    }

    private static ChampionControl ChampionOf(Workspace workspace) => new(new ModelRegistry(workspace.Store, workspace.TimeProvider));

    private static Task<Backfill> CancelBackfillAsync(RunLauncher launcher, ControlRequest request, CancellationToken cancellationToken)
    {
        var asked = Parse(request, CliJson.Default.CancelRequest);
        return launcher.CancelBackfillAsync(asked.RunId, asked.Reason, cancellationToken);
    }

    private static async Task<ApprovalReceipt> AnswerAsync(
        Workspace workspace, IOrchestrationClient client, AnswerRequest request, CancellationToken cancellationToken)
    {
        var run = await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        return await new ApprovalDesk(workspace.Store, client, workspace.TimeProvider).AnswerAsync(
            new ApprovalReply(run.RunId, request.Choice, request.By) { Reason = request.Reason, EvidenceHash = request.EvidenceHash }, cancellationToken);
    }

    private static Task<RunRecord> RewindAsync(RunLauncher launcher, RewindRequest request, CancellationToken cancellationToken) =>
        launcher.RewindAsync(request.RunId, request.Reason, cancellationToken);

    private static async Task<RunRecord> DecideStepAsync(
        Workspace workspace, IOrchestrationClient client, StepRequest request, CancellationToken cancellationToken)
    {
        var run = await new RunStore(workspace.Store).GetAsync(request.RunId, cancellationToken);
        await (request.Output is { } output
            ? client.SkipStepAsync(run.RunId, request.Step, output, request.Reason, cancellationToken)
            : client.RetryStepAsync(run.RunId, request.Step, request.Reason, cancellationToken));
        return run;
    }

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

    private static ControlResponse Success<T>(T result, JsonTypeInfo<T> typeInfo) => new(true, JsonSerializer.Serialize(result, typeInfo), null, null);

    private static T Parse<T>(ControlRequest request, JsonTypeInfo<T> typeInfo) =>
        JsonSerializer.Deserialize(request.Arguments ?? "null", typeInfo)
        ?? throw new CliException(CliErrorCodes.Usage, $"the command '{request.Command}' came without its arguments");
}
