using Microsoft.AspNetCore.Builder;
using MlDurable.Api;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Server.Tests;

/// <summary>A server on a free loopback port, with the embedded engine and a store of its own.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly EmbeddedEngine engine;
    private readonly WebApplication app;

    private TestServer(EmbeddedEngine engine, WebApplication app, IBlobStore store)
    {
        this.engine = engine;
        this.app = app;
        Store = store;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public IBlobStore Store { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Starts a server on a directory, which outlives it.</summary>
    public static async Task<TestServer> StartAsync(string directory, Func<ServerOptions, ServerOptions>? configure = null)
    {
        var store = new DirectoryBlobStore(directory);
        var opened = await EmbeddedEngine.OpenAsync(
            FlowCatalog.Create(store, TimeProvider.System), new EmbeddedEngineOptions { Directory = Path.Combine(directory, "journal") });
        var options = new ServerOptions
        {
            Store = store,
            Engine = new RunEngine("workspace", opened.Client) { Completion = opened.Completion },
            Feed = new RunFeed(),
            Listen = new Uri("http://127.0.0.1:0"),
        };
        var built = MlDurableServer.Build(configure is null ? options : configure(options));
        await built.StartAsync();
        return new TestServer(opened, built, store);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await engine.DisposeAsync();
    }
}
