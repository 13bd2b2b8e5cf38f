using System.Text.Json;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Signatures.Tests.Functions;

/// <summary>The files that configure the Functions host, which reads them without ever complaining.</summary>
public sealed class HostFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("host.json", "azureManaged")]
    [InlineData("host.azurestorage.json", "AzureStorage")]
    public void HostFile_Any_HasWhatTheGuaranteesRestOn(string file, string provider)
    {
        var host = Read(file);
        Assert.Equal("2.0", host.GetProperty("version").GetString());
        Assert.True(TimeSpan.Parse(host.GetProperty("functionTimeout").GetString()!) >= TimeSpan.FromHours(6));
        Assert.Equal("", host.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        var durable = host.GetProperty("extensions").GetProperty("durableTask");
        Assert.Equal("%TASKHUB_NAME%", durable.GetProperty("hubName").GetString());
        Assert.Equal("CurrentOrOlder", durable.GetProperty("versionMatchStrategy").GetString());
        Assert.Equal("Reject", durable.GetProperty("versionFailureStrategy").GetString());
        Assert.Equal(provider, durable.GetProperty("storageProvider").GetProperty("type").GetString());
        Assert.True(durable.GetProperty("maxConcurrentActivityFunctions").GetInt32() >= 1);
    }

    [Theory]
    [InlineData("host.json")]
    [InlineData("host.azurestorage.json")]
    public void DefaultVersion_IsTheNewestOfTheCatalog(string file)
    {
        var versions = FlowCatalog.Create(new DirectoryBlobStore(_folder.FullName), TimeProvider.System).Orchestrators
            .Select(orchestrator => int.Parse(orchestrator.Version));
        var durable = Read(file).GetProperty("extensions").GetProperty("durableTask");
        Assert.Equal($"{versions.Max()}", durable.GetProperty("defaultVersion").GetString());
    }

    [Fact]
    public void Scheduler_ItsConnection_IsTheSettingOfTheSampleAndTheDeployment()
    {
        var setting = Read("host.json").GetProperty("extensions").GetProperty("durableTask").GetProperty("storageProvider")
            .GetProperty("connectionStringName").GetString()!;
        Assert.Equal(
            "Endpoint=http://localhost:8080;Authentication=None",
            Read("local.settings.sample.json").GetProperty("Values").GetProperty(setting).GetString());
        Assert.Contains(setting, File.ReadAllText(Repository.PathOf("infra", "modules", "function-app.bicep")), StringComparison.Ordinal);
    }

    [Fact]
    public void AzureStorage_Alternative_GuardsInstancesByETagAndKeepsSessions()
    {
        var durable = Read("host.azurestorage.json").GetProperty("extensions").GetProperty("durableTask");
        Assert.True(durable.GetProperty("storageProvider").GetProperty("useInstanceTableEtag").GetBoolean());
        Assert.True(durable.GetProperty("extendedSessionsEnabled").GetBoolean());
    }

    [Fact]
    public void Catalog_EveryName_CanBeThatOfAFunction()
    {
        var catalog = FlowCatalog.Create(new DirectoryBlobStore(_folder.FullName), TimeProvider.System);
        var names = catalog.Orchestrators.Select(orchestrator => orchestrator.Name).Distinct(StringComparer.Ordinal)
            .Concat(catalog.Activities.Select(activity => activity.Name))
            .Concat(["Api", "DataEventQueue", "DataUploaded", "Reconcile", "Tick"])
            .ToList();
        Assert.All(names, name => Assert.Matches("^[A-Za-z][A-Za-z0-9_-]{0,126}$", name));
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    private static JsonElement Read(string file) => JsonElement.Parse(File.ReadAllText(Repository.PathOf(file)));
}
