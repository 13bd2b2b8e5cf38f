using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Runs;

public sealed class BlobActivityStartsTests : IDisposable
{
    private const string Call = "20260329T030000-nightly:2/0/7";

    private readonly TemporaryStore temporary = new();

    private BlobActivityStarts Starts => new(temporary.Store);

    [Fact]
    public async Task BeginAsync_ProcessDiesEachTime_CountsStartsAndCrashes()
    {
        Assert.Equal(new ActivityStarts(0, 0), await Starts.BeginAsync(Call, CancellationToken.None));
        Assert.Equal(new ActivityStarts(1, 1), await Starts.BeginAsync(Call, CancellationToken.None));
        Assert.Equal(new ActivityStarts(2, 2), await Starts.BeginAsync(Call, CancellationToken.None));
        Assert.Equal(new ActivityStarts(0, 0), await Starts.BeginAsync(Call + "1", CancellationToken.None));
    }

    [Fact]
    public async Task EndAsync_WithoutResult_ForgetsTheCrashesAndKeepsTheCount()
    {
        await Starts.BeginAsync(Call, CancellationToken.None);
        await Starts.BeginAsync(Call, CancellationToken.None);
        await Starts.EndAsync(Call, final: false);
        Assert.Equal(new ActivityStarts(2, 0), await Starts.BeginAsync(Call, CancellationToken.None));
    }

    [Fact]
    public async Task EndAsync_WithResult_LeavesNothing()
    {
        await Starts.BeginAsync(Call, CancellationToken.None);
        await Starts.EndAsync(Call, final: true);
        await foreach (var blob in temporary.Store.ListAsync("triggers/"))
        {
            Assert.Fail($"{blob.Name} was left behind.");
        }
    }

    public void Dispose() => temporary.Dispose();
}
