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

    private static IEnumerable<string> NamesOf(IEnumerable<IFunctionMetadata> functions, string trigger) => functions
        .Where(function => function.RawBindings!.Any(binding =>
            JsonDocument.Parse(binding).RootElement.GetProperty("type").GetString()!.Equals(trigger, StringComparison.OrdinalIgnoreCase)))
        .Select(function => function.Name!)
        .Order(StringComparer.Ordinal);

    private async Task<IReadOnlyList<IFunctionMetadata>> FunctionsAsync()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.ConfigureFunctionsWebApplication();
        var engine = builder.Services.AddMlDurableFunctions(new(_folder.FullName, "test"));
        builder.ConfigureDurableWorker().AddTasks(registry => engine.Register(registry, CancellationToken.None));
        using var host = builder.Build();
        IList<IFunctionMetadata> functions = [.. await host.Services.GetRequiredService<IFunctionMetadataProvider>().GetFunctionMetadataAsync(
            Path.GetDirectoryName(typeof(InvocationClient).Assembly.Location)!)];
        foreach (var transformer in host.Services.GetServices<IFunctionMetadataTransformer>())
        {
            transformer.Transform(functions);
        }

        var all = string.Join("\n", builder.Services.Where(d => ((d.ImplementationType ?? d.ImplementationInstance?.GetType() ?? d.ImplementationFactory?.Method.DeclaringType)?.FullName ?? "").Contains("DurableTask") || d.ServiceType.FullName!.Contains("Metadata")).Select(d => d.ServiceType.FullName + " <- " + (d.ImplementationType?.FullName ?? d.ImplementationFactory?.Method.DeclaringType?.FullName ?? d.ImplementationInstance?.GetType().FullName)));
        throw new InvalidOperationException(all);
    }
}
