using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Tests.Orchestrations;

namespace MlDurable.Pipelines.Tests.Deployments;

public sealed class PipelineDeploymentsTests : IDisposable
{
    private readonly TemporaryStore temporary = new();
    private readonly PipelineDeployments deployments;

    public PipelineDeploymentsTests() => deployments = new(temporary.Store, TimeProvider.System);

    [Fact]
    public async Task DeployAsync_SameContentAgain_StaysTheSameDeployment()
    {
        var first = await deployments.DeployAsync(FlowHarness.Source(), "ada");

        Assert.Equal(first, await deployments.DeployAsync(FlowHarness.Source(), "grace"));
        Assert.Equal(first, await deployments.FindAsync("strikes"));
    }

    [Fact]
    public async Task DeployAsync_NewContent_IsReadFromThenOn()
    {
        await deployments.DeployAsync(FlowHarness.Source(), "ada");
        var changed = FlowHarness.Source(FlowHarness.Pipeline + "\n# changed\n");

        var deployment = await deployments.DeployAsync(changed, "grace");

        Assert.Equal("grace", deployment.DeployedBy);
        Assert.Equal(changed.Hash, (await deployments.ReadAsync((await deployments.FindAsync("strikes"))!)).Hash);
        Assert.Equal(deployment, Assert.Single(await deployments.ListAsync().ToListAsync()));
    }

    [Fact]
    public async Task RemoveAsync_Deployed_IsGone()
    {
        await deployments.DeployAsync(FlowHarness.Source(), "ada");

        Assert.True(await deployments.RemoveAsync("strikes"));
        Assert.False(await deployments.RemoveAsync("strikes"));
        Assert.Null(await deployments.FindAsync("strikes"));
    }

    [Fact]
    public async Task ReadAsync_UnknownParameter_IsRefusedByName()
    {
        var deployment = await deployments.DeployAsync(FlowHarness.Source(), "ada");

        var refused = await Assert.ThrowsAsync<PipelineException>(
            () => deployments.ReadAsync(deployment, System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("nonsense", "1")));

        Assert.Equal("pipeline-invalid", refused.Code);
        Assert.Contains("nonsense", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => temporary.Dispose();
}
