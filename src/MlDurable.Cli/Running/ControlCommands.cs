using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Cli.Output;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Running;

/// <summary>Asks to end a run.</summary>
internal sealed record CancelRequest(string RunId, string Reason);

/// <summary>Asks to make a version the champion.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version.</param>
/// <param name="Expect">The champion that must hold the alias: its number, 0 for none, or null for whichever it is.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who asks.</param>
/// <param name="DecisionId">The decision's identity.</param>
internal sealed record PromoteRequest(string Model, int Version, int? Expect, string Reason, string By, string DecisionId);

/// <summary>Asks to return the champion alias to an earlier version.</summary>
internal sealed record RollbackRequest(string Model, int? To, string Reason, string By, string DecisionId);

/// <summary>A change of the champion.</summary>
/// <param name="Model">The model.</param>
/// <param name="From">The champion before; null for none.</param>
/// <param name="To">The champion after.</param>
/// <param name="Changed">False when it was the champion already.</param>
internal sealed record ChampionChange(string Model, int? From, int To, bool Changed);

/// <summary>The owner of the workspace refused a command, or failed to carry it out.</summary>
internal sealed class ControlFailedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The commands that change a workspace beside its runs: carried out by the owner when there is one, else here.</summary>
internal static class ControlCommands
{
    private const string Cancel = "cancel";
    private const string CancelBackfill = "cancel-backfill";
    private const string Promote = "promote";
    private const string Rollback = "rollback";

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

    public static Task<ChampionChange> PromoteAsync(Workspace workspace, PromoteRequest request, CancellationToken cancellationToken) =>
        workspace.Owner() is not null
            ? SendAsync(workspace, Promote, request, CliJson.Default.PromoteRequest, CliJson.Default.ChampionChange, cancellationToken)
            : PromoteAsync(new ModelRegistry(workspace.Store, workspace.TimeProvider), request, cancellationToken);

    public static Task<ChampionChange> RollbackAsync(Workspace workspace, RollbackRequest request, CancellationToken cancellationToken) =>
        workspace.Owner() is not null
            ? SendAsync(workspace, Rollback, request, CliJson.Default.RollbackRequest, CliJson.Default.ChampionChange, cancellationToken)
            : RollbackAsync(new ModelRegistry(workspace.Store, workspace.TimeProvider), request, cancellationToken);

    /// <summary>Listens for the commands of other processes while this one owns the workspace.</summary>
    public static ControlServer Serve(Workspace workspace, RunLauncher launcher) =>
        ControlServer.Start(workspace.JournalDirectory, (request, token) => HandleAsync(workspace, launcher, request, token));

    private static async Task<ControlResponse> HandleAsync(
        Workspace workspace, RunLauncher launcher, ControlRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var registry = new ModelRegistry(workspace.Store, workspace.TimeProvider);
            return request.Command switch
            {
                Cancel => Answer(
                    await CancelAsync(workspace, launcher, Parse(request, CliJson.Default.CancelRequest), cancellationToken), CliJson.Default.RunRecord),
                CancelBackfill => Answer(
                    await CancelBackfillAsync(launcher, request, cancellationToken), CliJson.Default.Backfill),
                Promote => Answer(
                    await PromoteAsync(registry, Parse(request, CliJson.Default.PromoteRequest), cancellationToken), CliJson.Default.ChampionChange),
                Rollback => Answer(
                    await RollbackAsync(registry, Parse(request, CliJson.Default.RollbackRequest), cancellationToken), CliJson.Default.ChampionChange),
                _ => new ControlResponse(false, null, CliErrorCodes.Usage, $"the owner of the workspace does not know the command '{request.Command}'; it may be an older version"),
            };
        }
        catch (Exception exception) when (ExitCodes.CodeOf(exception) is not null)
        {
            return new ControlResponse(false, null, ExitCodes.CodeOf(exception), exception.Message);
        }
    }

    private static Task<Backfill> CancelBackfillAsync(RunLauncher launcher, ControlRequest request, CancellationToken cancellationToken)
    {
        var asked = Parse(request, CliJson.Default.CancelRequest);
        return launcher.CancelBackfillAsync(asked.RunId, asked.Reason, cancellationToken);
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

    private static async Task<ChampionChange> PromoteAsync(ModelRegistry registry, PromoteRequest request, CancellationToken cancellationToken)
    {
        await registry.ResolveAsync($"{request.Model}/{request.Version}", cancellationToken);
        var champion = (await registry.ReadAsync(request.Model, cancellationToken)).ChampionVersion;
        if (request.Expect is { } expected && (champion ?? 0) != expected)
        {
            throw Superseded(request.Model, champion, expected);
        }

        if (champion == request.Version)
        {
            return new ChampionChange(request.Model, champion, request.Version, Changed: false);
        }

        var move = await registry.PromoteAsync(
            request.Model,
            new ChampionDecision(request.Version, champion, ResetsAnchor: true, request.By, request.DecisionId, request.Reason),
            cancellationToken);
        return move == AliasMove.Superseded
            ? throw Superseded(request.Model, (await registry.ReadAsync(request.Model, cancellationToken)).ChampionVersion, champion ?? 0)
            : new ChampionChange(request.Model, champion, request.Version, Changed: true);
    }

    private static async Task<ChampionChange> RollbackAsync(ModelRegistry registry, RollbackRequest request, CancellationToken cancellationToken)
    {
        await registry.ResolveAsync(request.To is { } version ? $"{request.Model}/{version}" : request.Model, cancellationToken);
        var (from, to) = await registry.RollbackAsync(
            request.Model, request.To, request.By, request.DecisionId, request.Reason, cancellationToken);
        return new ChampionChange(request.Model, from, to, Changed: true);
    }

    private static CliException Superseded(string model, int? champion, int expected) => new(
        CliErrorCodes.Superseded,
        $"the champion of '{model}' is {(champion is { } now ? $"version {now}" : "not set")}, and not {(expected == 0 ? "unset" : $"version {expected}")} as expected; "
        + $"look at `mldurable models {model}` and decide again");

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
