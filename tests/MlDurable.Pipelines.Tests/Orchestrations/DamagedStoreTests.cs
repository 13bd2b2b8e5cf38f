using System.Text;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

public sealed class DamagedStoreTests
{
    [Theory]
    [InlineData("quality/strikes/", ".json", "")]
    [InlineData("quality/strikes/", ".json", "{}")]
    [InlineData("cache/strikes/", ".json", "{")]
    [InlineData("cache/strikes/", ".json", "{}")]
    [InlineData("cache/strikes/", ".json", "{\"index\":0,\"trainer\":null}")]
    [InlineData("cache/strikes/", ".model", "")]
    [InlineData("cache/strikes/", ".model", "not a model")]
    public async Task Run_DamagedReusableResults_MakesThemAgain(string prefix, string suffix, string content)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var first = await flow.RunAsync();
        var damaged = await DamageAsync(flow.Store, prefix, suffix, content);

        var again = await flow.RunAsync();

        Assert.Equal(RunOutcome.Unchanged, again.Outcome);
        Assert.Equal(damaged, again.Work!.Validated + again.Work.Trained);
        Assert.Equal(first.Leaderboard.Select(candidate => candidate.ModelHash), again.Leaderboard.Select(candidate => candidate.ModelHash));
        Assert.Equal(new RunWork(4, 0, 0, 4, 0), (await flow.RunAsync()).Work);
        Assert.Single((await flow.Registry.ReadAsync("strikes")).Versions);
    }

    [Theory]
    [InlineData("features/strikes/", ".col", "damaged", "column-file-corrupt")]
    [InlineData("features/strikes/schema", ".json", "{}", "blob-corrupt")]
    [InlineData("models/strikes/registry", ".json", "{\"model\":null}", "blob-corrupt")]
    [InlineData("models/strikes/versions/1/model", "", "damaged", "model-changed")]
    public async Task Run_DamagedBlob_FailsWithItsNameAndLeavesTheRegistry(string prefix, string suffix, string content, string code)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        await flow.RunAsync();
        await DamageAsync(flow.Store, prefix, suffix, content);
        var before = await flow.Store.ReadBytesAsync("models/strikes/registry.json", 1 << 20);

        var run = await flow.RunAsync();

        Assert.Equal((RunStatus.Failed, code), (run.Status, run.Failure!.Code));
        Assert.Contains(prefix.Split('/')[1], run.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await flow.Store.ReadBytesAsync("models/strikes/registry.json", 1 << 20));
    }

    private static async Task<int> DamageAsync(IBlobStore store, string prefix, string suffix, string content)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(prefix))
        {
            if (blob.Name.EndsWith(suffix, StringComparison.Ordinal))
            {
                names.Add(blob.Name);
            }
        }

        foreach (var name in names)
        {
            await store.WriteBytesAsync(name, Encoding.UTF8.GetBytes(content), BlobCondition.None);
        }

        return names.Count;
    }
}
