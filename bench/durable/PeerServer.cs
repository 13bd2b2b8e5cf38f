using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MlDurable.Bench.Durable;

/// <summary>The engine behind Kestrel, in a process of its own: what a client somewhere else sees of it.</summary>
internal static class PeerServer
{
    /// <summary>Serves on a free loopback port, whose address is the line that it prints when it is ready, until the process is killed.</summary>
    public static async Task ServeAsync(string journal)
    {
        await using var log = new StreamWriter(PeerWorkloads.LogOf(journal), append: true);
        await using var engine = await Measurements.OpenAsync(new Workloads { Log = log }, journal);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapPost("/chain/{steps:int}", async (int steps) => Result(await Measurements.RunAsync(engine, Workloads.Chain, steps)));
        app.MapPost("/fan-out/{size:int}", async (int size) => Result(await Measurements.RunAsync(engine, Workloads.FanOut, size)));
        app.MapPost("/waiting/{count:int}", (int count) => Measurements.StartWaitingAsync(engine, count));
        app.MapPost("/waiting/{id}/signal/{value:int}", async (string id, int value) =>
        {
            await engine.Client.RaiseEventAsync(id, Workloads.Signal, value);
            return Result(await engine.Client.WaitForCompletionAsync(id));
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await Task.Delay(Timeout.Infinite);
    }

    private static IResult Result(Orchestration.OrchestrationState state) => Results.Text(state.Output, "application/json");
}
