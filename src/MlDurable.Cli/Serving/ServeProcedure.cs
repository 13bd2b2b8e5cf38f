using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using MlDurable.Api;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Server;

namespace MlDurable.Cli.Serving;

/// <summary>What <c>serve</c> says when it is ready.</summary>
/// <param name="Url">Where it listens.</param>
/// <param name="OpenApi">The description of the API.</param>
/// <param name="Pipelines">The deployed pipelines.</param>
internal sealed record ServingDocument(string Url, string OpenApi, ImmutableArray<string> Pipelines);

/// <summary>What <c>serve</c> does.</summary>
internal static class ServeProcedure
{
    public static async Task<int> RunAsync(
        CommandCall call, IReadOnlyList<string> files, string listen, string? keyFile, string? publicUrl, string? linkKeyFile)
    {
        var approvals = Links(call, publicUrl, linkKeyFile);
        var sources = files.Select(file => ReadAndRemark(call, file)).ToList();
        var workspace = call.OpenWorkspace(sources.Count > 0 ? sources[0].File : null);
        var feed = new RunFeed(workspace.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        await using var engine = await workspace.OpenEngineAsync(
            paused: false, call.CancellationToken, observer: happened => Observe(call, feed, happened), approvals);
        await using var app = await MlDurableServer.BuildAsync(
            new ServerOptions
            {
                Store = workspace.Store,
                Engine = new RunEngine(workspace.EngineName, engine.Client) { Completion = engine.Completion, LongestWait = () => engine.LongestWait },
                Feed = feed,
                Listen = Uri.TryCreate(listen, UriKind.Absolute, out var address)
                    ? address
                    : throw new CliException(CliErrorCodes.Usage, $"--listen takes http://ADDRESS:PORT, not '{listen}'"),
                Keys = KeysProcedure.SourceOf(workspace, call.Host, keyFile),
                TimeProvider = workspace.TimeProvider,
                WatchedDirectory = workspace.StoreDirectory,
                Approvals = approvals,
                Logging = logging => logging.AddProvider(new ServeLog(call.Terminal, workspace.TimeProvider)),
            },
            call.CancellationToken);

        var deployments = new PipelineDeployments(workspace.Store, workspace.TimeProvider);
        foreach (var source in sources)
        {
            await deployments.DeployAsync(source, Identity.Current, call.CancellationToken);
        }

        await using var control = ControlCommands.Serve(workspace, workspace.LauncherOf(engine), engine.Client, takesRuns: true);
        await StartAsync(app, listen, call.CancellationToken);
        await SayAsync(call, app, deployments);
        try
        {
            // A stopped engine carries nothing out: the process ends, so that whatever watches it starts it anew.
            await await Task.WhenAny(engine.Completion, Task.Delay(Timeout.Infinite, call.CancellationToken));
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            call.Terminal.Remark("stopping: no new requests; what runs is resumed at the next start; a second signal ends at once");
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }

        return ExitCodes.Done;
    }

    private static void Observe(CommandCall call, RunFeed feed, EngineEvent happened)
    {
        EngineFeed.Publish(feed, happened);
        if (happened is { Kind: EngineEventKind.InstanceParked, Failure: { } hindrance })
        {
            call.Terminal.Remark($"{happened.InstanceId} cannot go on in this version of mldurable: {hindrance.ErrorMessage}");
        }
        else if (happened is { Kind: EngineEventKind.ActivityQuarantined, Failure: { } poison })
        {
            call.Terminal.Remark($"{happened.InstanceId} waits for a person: {poison.ErrorMessage}");
        }
    }

    /// <summary>The key and the address of one-time links; both or none are given.</summary>
    private static ApprovalOptions Links(CommandCall call, string? publicUrl, string? keyFile)
    {
        var path = keyFile is null ? null : call.Host.FullPath(keyFile);
        if (path is not null && !File.Exists(path))
        {
            throw new CliException(CliErrorCodes.FileNotFound, $"there is no file '{keyFile}' with the secret of links");
        }

        try
        {
            return ApprovalOptions.OfLinks(path is null ? null : File.ReadAllText(path).Trim(), publicUrl);
        }
        catch (FormatException exception)
        {
            throw new CliException(CliErrorCodes.Usage, $"--public-url and --link-key: {exception.Message}");
        }
    }

    private static PipelineSource ReadAndRemark(CommandCall call, string file)
    {
        var source = PipelineSources.Read(file, ImmutableSortedDictionary<string, string>.Empty, call.Host, out var warnings);
        foreach (var warning in warnings)
        {
            call.Terminal.Remark(warning.ToString());
        }

        return source;
    }

    private static async Task StartAsync(WebApplication app, string listen, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new ServerException("listen-failed", $"{listen} cannot be listened on: {exception.Message}; choose another port with --listen", exception);
        }
    }

    private static async Task SayAsync(CommandCall call, WebApplication app, PipelineDeployments deployments)
    {
        var url = app.Urls.First();
        var names = (await deployments.ListAsync(call.CancellationToken).Select(deployment => deployment.Name).ToListAsync(call.CancellationToken)).ToImmutableArray();
        call.Terminal.Json(new ServingDocument(url, $"{url}/openapi/v1.json", names), CliJson.Default.ServingDocument);
        call.Terminal.Line(Tone.Heading, "serving", $" {url}   API: {url}/openapi/v1.json   ready: {url}/health/ready");
        call.Terminal.Line($"pipelines: {(names.IsEmpty ? "none deployed; PUT /api/pipelines/NAME deploys one" : string.Join(", ", names))}");
    }
}
