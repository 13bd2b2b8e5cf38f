using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Functions.Tests;

/// <summary>What the app tells the Functions host of itself, from the real worker.</summary>
public sealed class FunctionMetadataTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Worker_WithTheCatalog_HasAFunctionOfEachNameAndKind()
    {
        var catalog = FlowCatalog.Create(new DirectoryBlobStore(_folder.FullName), TimeProvider.System);
        var functions = await FunctionsAsync();
        Assert.Equal(
            catalog.Orchestrators.Select(orchestrator => orchestrator.Name).Distinct().Order(StringComparer.Ordinal),
            NamesOf(functions, "orchestrationTrigger"));
        Assert.Equal(
            catalog.Activities.Select(activity => activity.Name).Order(StringComparer.Ordinal), NamesOf(functions, "activityTrigger"));
    }

    [Fact]
    public async Task Worker_Functions_AreThoseThatTheInfrastructureNames()
    {
        var functions = await FunctionsAsync();
        Assert.Equal(["Api"], NamesOf(functions, "httpTrigger"));
        Assert.Equal(["Measure", "Reconcile", "Tick"], NamesOf(functions, "timerTrigger"));
        Assert.Equal(["DataEventQueue"], NamesOf(functions, "queueTrigger"));
        Assert.Equal(["DataUploaded"], NamesOf(functions, "blobTrigger"));
        var uploaded = functions.Single(function => function.Name == "DataUploaded").RawBindings!
            .Select(binding => JsonDocument.Parse(binding).RootElement)
            .Single(binding => binding.GetProperty("type").GetString() == "blobTrigger");
        Assert.Equal("EventGrid", uploaded.GetProperty("source").GetString());
        Assert.Equal("MlDurableStore", uploaded.GetProperty("connection").GetString());
    }

    private static IEnumerable<string> NamesOf(IEnumerable<IFunctionMetadata> functions, string trigger) => functions
        .Where(function => function.RawBindings!.Any(binding =>
            JsonDocument.Parse(binding).RootElement.GetProperty("type").GetString()!.Equals(trigger, StringComparison.OrdinalIgnoreCase)))
        .Select(function => function.Name!)
        .Order(StringComparer.Ordinal);

    private async Task<IReadOnlyList<IFunctionMetadata>> FunctionsAsync()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.ConfigureFunctionsWebApplication();

        // What the worker's startup does of itself in the app, whose entry assembly names the extension.
        builder.ConfigureDurableExtension();
        var engine = builder.Services.AddMlDurableFunctions(new(_folder.FullName, "test", new()));
        builder.ConfigureDurableWorker().AddTasks(registry => engine.Register(registry, CancellationToken.None));
        using var host = builder.Build();
        IList<IFunctionMetadata> functions = [.. await host.Services.GetRequiredService<IFunctionMetadataProvider>().GetFunctionMetadataAsync(
            Path.GetDirectoryName(typeof(InvocationClient).Assembly.Location)!)];
        foreach (var transformer in host.Services.GetServices<IFunctionMetadataTransformer>())
        {
            transformer.Transform(functions);
        }

        return [.. functions];
    }
}
