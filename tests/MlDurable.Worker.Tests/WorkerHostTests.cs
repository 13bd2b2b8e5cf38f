using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DurableTask.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.DependencyInjection;

namespace MlDurable.Worker.Tests;

public sealed class WorkerHostTests : IDisposable
{
    private const string Pipeline =
        """
        pipeline: strikes
        seed: 7
        data:
          files: bird-strikes/*.csv
          label: { column: Effect Amount of damage, positive: { not: None } }
          time: Flight Date
          drop: [Cost Other, Cost Repair, "Cost Total $"]
        split: { by: time, validation: 0.2, holdout: 0.2 }
        train:
          candidates:
            - { trainer: logistic-regression, l2: 10 }
        promote:
          model: strikes
          versus-champion: { margin: 0.02 }
        triggers: [http: {}]
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_StartedOverHttp_IsCarriedOutByTheTaskHub()
    {
        await using var hub = await StartHubAsync();
        await using var host = await WorkerHost.BuildAsync(
            _folder.FullName, hub.Urls.Single(), new("http://127.0.0.1:0"), new(), _ => { }, CancellationToken.None);
        await host.StartAsync(CancellationToken.None);
        var data = Directory.CreateDirectory(Path.Combine(_folder.FullName, "data", "bird-strikes")).FullName;
        File.Copy(
            Repository.PathOf("samples", "bird-strikes", "data", "birdstrikes-1990.csv"), Path.Combine(data, "birdstrikes-1990.csv"));
        using var http = new HttpClient { BaseAddress = new(host.Url) };
        using var deployed = await http.PutAsync(
            new Uri("/api/pipelines/strikes", UriKind.Relative), new StringContent(Pipeline, Encoding.UTF8, "application/yaml"));
        deployed.EnsureSuccessStatusCode();
        using var started = await http.PostAsync(new Uri("/api/pipelines/strikes/runs", UriKind.Relative), null);
        started.EnsureSuccessStatusCode();

        using var patience = new CancellationTokenSource(s_patience);
        JsonElement run;
        do
        {
            run = await http.GetFromJsonAsync<JsonElement>(started.Headers.Location, patience.Token);
        }
        while (run.GetProperty("runtimeStatus").GetString() is "Pending" or "Running");

        Assert.Equal("Completed", run.GetProperty("runtimeStatus").GetString());
        await host.StopAsync();
    }

    [Fact]
    public async Task Build_ConnectionStringThatIsNoUse_SaysWhatToDoAndNotTheString()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => WorkerHost.BuildAsync(
            _folder.FullName, "Endpoint=https://x;Authentication=Secret", new("http://127.0.0.1:0"), new(), _ => { }, CancellationToken.None));

        // Without the scheduler's packages no connection string is of use; with them, not this one.
        Assert.Matches("^scheduler-(unsupported|invalid): --scheduler ", failure.Message);
        Assert.DoesNotContain("Secret", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartHubAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(
            kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddLogging().AddRouting().AddGrpc();
        var memory = new InMemoryOrchestrationService();
        builder.Services.AddSingleton<IOrchestrationService>(memory).AddSingleton<IOrchestrationServiceClient>(memory);
        builder.Services.AddSingleton<TaskHubGrpcServer>();
        var hub = builder.Build();
        hub.UseRouting();
        hub.MapGrpcService<TaskHubGrpcServer>();
        await hub.StartAsync();
        return hub;
    }
}
