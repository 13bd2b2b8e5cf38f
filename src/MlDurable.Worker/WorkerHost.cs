using Microsoft.AspNetCore.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Api;
using MlDurable.Orchestration.DurableTask;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Server;
using MlDurable.Storage;

namespace MlDurable.Worker;

/// <summary>A server whose runs are carried out by whichever worker of a task hub takes them.</summary>
/// <param name="worker">Takes work from the hub.</param>
/// <param name="server">Answers requests and runs the triggers.</param>
/// <param name="stopping">Cancelled when the activities under way are to end.</param>
internal sealed class WorkerHost(IHost worker, WebApplication server, CancellationTokenSource stopping) : IAsyncDisposable
{
    /// <summary>Where the server listens; once started.</summary>
    public string Url => server.Urls.Single();

    /// <summary>Puts a host together. It is not connected before it is started.</summary>
    /// <param name="store">The workspace, as <c>--store</c> takes it.</param>
    /// <param name="scheduler">The task hub, as <c>--scheduler</c> takes it.</param>
    /// <param name="listen">Where the server listens.</param>
    /// <param name="approvals">The key and the address of one-time links, the same for all workers of a hub.</param>
    /// <param name="logging">Says where the log goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<WorkerHost> BuildAsync(
        string store, string scheduler, Uri listen, ApprovalOptions approvals, Action<ILoggingBuilder> logging, CancellationToken cancellationToken)
    {
        var workspace = BlobStoreFactory.Open(store);
        var catalog = FlowCatalog.Create(workspace, TimeProvider.System, approvals);
        var options = new DurableTaskEngineOptions { ActivityStarts = new BlobActivityStarts(workspace) };
        var engine = new DurableTaskEngine(catalog, options);
#pragma warning disable CA2000 // the host disposes of it
        var stopping = new CancellationTokenSource();
#pragma warning restore CA2000

        var builder = Host.CreateEmptyApplicationBuilder(null);
        logging(builder.Logging);
        builder.Services.AddDurableTaskWorker(worker => builder.Services.AddDurableTaskClient(client =>
        {
            worker.AddTasks(registry => engine.Register(registry, stopping.Token));
            SchedulerConnection.Use(worker, client, scheduler);
        }));
        var host = builder.Build();
        var client = host.Services.GetRequiredService<IDurableTaskClientProvider>().GetClient();
        var server = await MlDurableServer.BuildAsync(
            new ServerOptions
            {
                Store = workspace,
                Engine = new RunEngine("durable-task", new DurableTaskOrchestrationClient(() => client, catalog, options)),
                Feed = new RunFeed(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000),
                Listen = listen,
                Approvals = approvals,
                Logging = logging,
            },
            cancellationToken);
        return new(host, server, stopping);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await worker.StartAsync(cancellationToken);
        await server.StartAsync(cancellationToken);
    }

    /// <summary>No new requests, then no new work; what is under way is repeated by another worker.</summary>
    public async Task StopAsync()
    {
        await server.StopAsync();
        await stopping.CancelAsync();
        await worker.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        worker.Dispose();
        stopping.Dispose();
    }
}
