using System.Collections.Concurrent;
using System.Reflection;
using DurableTask.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.DurableTask.Tests;

/// <summary>
/// The real client and the real worker of Durable Task on the hub of its in-process test host. The hub is the store, which outlives workers;
/// opening starts a worker with a client, closing stops it in order, a crash cuts its connection.
/// </summary>
internal sealed class DurableTaskHarness : IEngineHarness
{
    private readonly VirtualTimeProvider _time = new(new(2026, 1, 31, 23, 59, 0, TimeSpan.Zero));
    private readonly CountedStarts _starts = new();
    private WebApplication? _hub;
    private IHost? _worker;
    private GrpcChannel? _channel;
    private CancellationTokenSource _stopping = new();

    public IOrchestrationClient Client { get; private set; } = null!;

    public DateTimeOffset Now => _time.GetUtcNow();

    public async Task OpenAsync(OrchestrationCatalog catalog, VersionMatchStrategy versionMatch = VersionMatchStrategy.Strict)
    {
        _hub ??= await StartHubAsync();
        var options = new DurableTaskEngineOptions
        {
            TimeProvider = _time,
            VersionMatch = versionMatch,
            Pools = new Dictionary<string, int> { ["narrow"] = 1, ["wide"] = 3 },
            ActivityStarts = _starts,
        };
        var engine = new DurableTaskEngine(catalog, options);
        _stopping = new();
        _channel = GrpcChannel.ForAddress(_hub.Urls.Single());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.UseGrpc(_channel);
            worker.Configure(settings => settings.MaximumTimerInterval = TimeSpan.FromDays(10_000));
            worker.AddTasks(registry => engine.Register(registry, _stopping.Token));
        });
        builder.Services.AddDurableTaskClient(client => client.UseGrpc(_channel));
        _worker = builder.Build();
        await _worker.StartAsync();
        var client = _worker.Services.GetRequiredService<IDurableTaskClientProvider>().GetClient();
        Client = new DurableTaskOrchestrationClient(() => client, catalog, options);
    }

    public async Task CloseAsync()
    {
        await _stopping.CancelAsync();
        await _worker!.StopAsync();
        await CrashAsync();
    }

    public async Task CrashAsync()
    {
        _channel!.Dispose();
        _worker!.Dispose();
        _worker = null;
        await _hub!.Services.GetRequiredService<VirtualHub>().Disconnected;
    }

    public Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await CrashAsync();
        }

        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task<WebApplication> StartHubAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(
            kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddLogging().AddRouting().AddGrpc();
        var memory = new InMemoryOrchestrationService();
        builder.Services.AddSingleton(_time).AddSingleton(memory).AddSingleton(WideService.Around(memory)).AddSingleton<VirtualHub>();
        var hub = builder.Build();
        hub.UseRouting();
        hub.MapGrpcService<VirtualHub>();
        await hub.StartAsync();
        return hub;
    }

    /// <summary>
    /// The in-process service with as much concurrency as anybody asks for. Its own is the number of processors, and a dispatcher that has used
    /// it up looks again only after half a second.
    /// </summary>
#pragma warning disable CA1852 // the proxy is a subtype
    private class WideService : DispatchProxy
    {
        private InMemoryOrchestrationService? _inner;

        public static IOrchestrationService Around(InMemoryOrchestrationService inner)
        {
            var wide = Create<IOrchestrationService, WideService>();
            ((WideService)(object)wide)._inner = inner;
            return wide;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_MaxConcurrentTaskOrchestrationWorkItems" or "get_MaxConcurrentTaskActivityWorkItems" => 1000,
            _ => targetMethod.Invoke(_inner, args),
        };
    }
#pragma warning restore CA1852

    /// <summary>Counts that outlive workers, as a store's do.</summary>
    private sealed class CountedStarts : IActivityStarts
    {
        private readonly ConcurrentDictionary<string, ActivityStarts> _counts = new();

        public Task<ActivityStarts> BeginAsync(string idempotencyKey, CancellationToken cancellationToken)
        {
            var counted = _counts.AddOrUpdate(idempotencyKey, new ActivityStarts(1, 1), (_, before) => new(before.Total + 1, before.Crashed + 1));
            return Task.FromResult(new ActivityStarts(counted.Total - 1, counted.Crashed - 1));
        }

        public Task EndAsync(string idempotencyKey, bool final)
        {
            _counts.AddOrUpdate(idempotencyKey, default(ActivityStarts), (_, before) => before with { Crashed = 0 });
            return Task.CompletedTask;
        }
    }
}
