using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using MlDurable.Api;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Server.Tests;

/// <summary>A server on a free loopback port, with the embedded engine.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly EmbeddedEngine engine;
    private readonly WebApplication app;

    private TestServer(EmbeddedEngine engine, WebApplication app, ServerOptions options)
    {
        this.engine = engine;
        this.app = app;
        Options = options;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public ServerOptions Options { get; }

    public IBlobStore Store => Options.Store;

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    public Uri Address => Client.BaseAddress!;

    /// <summary>Starts a server on a directory, which outlives it.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="configure">Changes the options.</param>
    /// <param name="engineName">The engine's name, and its journal's: two servers on one store need two.</param>
    public static async Task<TestServer> StartAsync(
        string directory, Func<ServerOptions, ServerOptions>? configure = null, string engineName = "workspace")
    {
        var store = new DirectoryBlobStore(directory);
        var feed = new RunFeed(1);
        var opened = await EmbeddedEngine.OpenAsync(
            FlowCatalog.Create(store, TimeProvider.System),
            new EmbeddedEngineOptions
            {
                Directory = Path.Combine(directory, engineName == "workspace" ? "journal" : $"journal-{engineName}"),
                Observer = happened => Publish(feed, happened),
            });
        var options = new ServerOptions
        {
            Store = store,
            Engine = new RunEngine(engineName, opened.Client) { Completion = opened.Completion },
            Feed = feed,
            Listen = new Uri("http://127.0.0.1:0"),
        };
        options = configure is null ? options : configure(options);
        try
        {
            var built = await MlDurableServer.BuildAsync(options);
            await built.StartAsync();
            return new TestServer(opened, built, options);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonElement> GetJsonAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await engine.DisposeAsync();
    }

    private static void Publish(RunFeed feed, EngineEvent happened)
    {
        RunStepState? state = happened.Kind switch
        {
            EngineEventKind.ActivityStarted => RunStepState.Started,
            EngineEventKind.ActivityProgress => RunStepState.Progress,
            EngineEventKind.ActivityCompleted => RunStepState.Finished,
            EngineEventKind.ActivityFailed => RunStepState.Failed,
            EngineEventKind.ActivityQuarantined => RunStepState.Quarantined,
            _ => null,
        };
        if (state is not null || happened.Kind is EngineEventKind.InstanceCompleted or EngineEventKind.InstanceFailed or EngineEventKind.InstanceTerminated)
        {
            feed.Publish(new RunHappening(happened.InstanceId, state, happened.Name)
            {
                Input = happened.Input,
                Output = happened.Result,
                Fraction = happened.Fraction,
                Message = happened.Failure?.ErrorMessage,
            });
        }
    }
}
