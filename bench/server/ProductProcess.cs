using Microsoft.Extensions.DependencyInjection;
using MlDurable.Api;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Serving;
using MlDurable.Server;
using MlDurable.Storage;
using MlDurable.Testing.Serving;

namespace MlDurable.Bench.Server;

/// <summary>The product's server on a model of the bird strikes. Prints its address and a row; each line that it reads swaps the champion.</summary>
internal static class ProductProcess
{
    public static async Task RunAsync(string folder)
    {
        var store = new DirectoryBlobStore(folder);
        var models = await SampleModels.CreateAsync(store);
        await models.AddAsync("gradient-boosting", ("trees", 100));
        await models.AddAsync("gradient-boosting", ("trees", 101), ("early-stopping-rounds", 0));
        await models.PromoteAsync(1);
        await using var engine = await EmbeddedEngine.OpenAsync(
            FlowCatalog.Create(store, TimeProvider.System), new EmbeddedEngineOptions { Directory = Path.Combine(folder, "journal") });
        await using var app = await MlDurableServer.BuildAsync(new ServerOptions
        {
            Store = store,
            Engine = new RunEngine("bench", engine.Client),
            Feed = new RunFeed(1),
            Listen = new Uri("http://127.0.0.1:0"),
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        Console.WriteLine(System.Text.Encoding.UTF8.GetString(models.Json(3)));
        var served = app.Services.GetRequiredService<ServedModels>();
        var champion = 1;
        while (await Console.In.ReadLineAsync() is not null)
        {
            champion = 3 - champion;
            await models.PromoteAsync(champion);
            await served.RefreshAsync();
            Console.WriteLine("swapped");
        }

        await app.StopAsync();
    }
}
