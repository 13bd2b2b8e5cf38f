using MlDurable.Testing.Azurite;

namespace MlDurable.EndToEnd.Tests;

/// <summary>The same flow with the store in Azure Blob Storage (Azurite) and the journal on this disk.</summary>
public sealed class AzureFlowTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task WholeFlow_OnAzureBlobs_WorksAndNeverShowsTheKey()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline() + "\nscore: {}\n");
        var outputs = new List<ToolResult>();

        var run = await OnAzureAsync(0, "run", "pipeline.yaml", "--json", "--data", BirdStrikes.File(1990), "--data", BirdStrikes.File(1991), "--data", BirdStrikes.File(1992));
        Assert.Equal("Promoted", run.Run.GetProperty("outcome").GetString());
        Assert.Equal([".mldurable", "pipeline.yaml"], Directory.EnumerateFileSystemEntries(directory.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(Directory.Exists(directory.At(".mldurable", "journal")));
        Assert.False(Directory.Exists(directory.At(".mldurable", "runs")));

        Assert.Equal("Unchanged", (await OnAzureAsync(0, "run", "pipeline.yaml", "--json")).Run.GetProperty("outcome").GetString());
        Assert.Equal(2, (await OnAzureAsync(0, "runs", "--json")).Json.GetProperty("runs").GetArrayLength());
        Assert.Contains("report.html", (await OnAzureAsync(0, "show", "latest", "--export", "out")).Output, StringComparison.Ordinal);
        Assert.True(File.Exists(directory.At("out", "report.html")));
        await OnAzureAsync(0, "models", BirdStrikes.Model);
        await OnAzureAsync(0, "predict", BirdStrikes.Model, "--input", BirdStrikes.File(1993), "--output", "scored.csv");
        var score = await OnAzureAsync(0, "run", "pipeline.yaml", "--stage", "score", "--json");
        Assert.Equal(3, score.Run.GetProperty("scoring").GetProperty("scored").GetInt32());
        Assert.Equal("Unchanged", (await OnAzureAsync(0, "run", "pipeline.yaml", "--stage", "score", "--json")).Run.GetProperty("outcome").GetString());
        var backfill = await OnAzureAsync(0, "backfill", "pipeline.yaml", "--partitions", "--stage", "featurize", "--parallel", "2", "--json");
        Assert.Equal(3, backfill.JsonLines[^1].GetProperty("backfilled").GetProperty("completed").GetInt32());
        Assert.True((await OnAzureAsync(0, "reproduce", run.Run.GetProperty("runId").GetString()!, "--json")).Json.GetProperty("identical").GetBoolean());
        await OnAzureAsync(4, "show", "19700101");

        Assert.All(outputs, result =>
        {
            Assert.DoesNotContain(Key(), result.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(Key(), result.Error, StringComparison.Ordinal);
        });

        async Task<ToolResult> OnAzureAsync(int exitCode, params string[] args)
        {
            var result = (await directory.RunAsync([.. args, "--store", azurite.ConnectionString])).ShouldExitWith(exitCode);
            outputs.Add(result);
            return result;
        }
    }

    [Fact]
    public async Task UnreachableAccount_FailsClearlyWithoutTheKey()
    {
        using var directory = new TestDirectory();
        var address = $"DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey={Key()};BlobEndpoint=http://127.0.0.1:1/nobody;";
        var result = (await directory.RunAsync("runs", "--store", address)).ShouldExitWith(1);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("should not happen", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Key(), result.Error, StringComparison.Ordinal);
    }

    private string Key()
    {
        var text = azurite.ConnectionString;
        var start = text.IndexOf("AccountKey=", StringComparison.Ordinal) + "AccountKey=".Length;
        return text[start..text.IndexOf(';', start)];
    }
}
