using System.Collections.Immutable;
using System.Threading.Channels;

namespace MlDurable.Storage.Tests;

public sealed class DirectoryBlobWatcherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("mldurable-");
    private readonly Channel<string> told = Channel.CreateUnbounded<string>();
    private readonly Channel<string> overflows = Channel.CreateUnbounded<string>();

    [Fact]
    public async Task Write_ByTheStoreOrByHand_IsToldByItsFullName()
    {
        using var watcher = Watch();
        await new DirectoryBlobStore(root.FullName).WriteBytesAsync("data/strikes/1.csv", new byte[1], BlobCondition.None);
        await ReadUntilAsync("data/strikes/1.csv");

        await File.WriteAllTextAsync(Path.Combine(root.FullName, "data", "strikes", "2.csv"), "x");
        await ReadUntilAsync("data/strikes/2.csv");

        // Neither staged files nor other containers.
        Assert.DoesNotContain(Seen, name => name.Contains("tmp", StringComparison.Ordinal) || !name.StartsWith("data/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Folder_MadeOrMovedInLater_IsWatchedWithWhatItHolds()
    {
        using var watcher = Watch();
        var outside = Directory.CreateDirectory(Path.Combine(root.FullName, "outside", "deep", "deeper"));
        await File.WriteAllTextAsync(Path.Combine(outside.FullName, "1.csv"), "x");
        Directory.Move(Path.Combine(root.FullName, "outside"), Path.Combine(root.FullName, "data", "moved"));
        await ReadUntilAsync("data/moved/deep/deeper/1.csv");

        await File.WriteAllTextAsync(Path.Combine(root.FullName, "data", "moved", "deep", "deeper", "2.csv"), "x");
        await ReadUntilAsync("data/moved/deep/deeper/2.csv");
    }

    [Fact]
    public async Task File_ThatGrows_IsToldAgain()
    {
        using var watcher = Watch();
        var path = Path.Combine(root.FullName, "data", "1.csv");
        await File.WriteAllTextAsync(path, "x");
        await ReadUntilAsync("data/1.csv");
        await File.AppendAllTextAsync(path, "y");
        await ReadUntilAsync("data/1.csv");
    }

    [Fact]
    public async Task Changes_TooManyAtOnce_AskForAListing()
    {
        using var watcher = new DirectoryBlobWatcher(
            root.FullName, "data", _ => { }, reason => overflows.Writer.TryWrite(reason), TimeSpan.FromSeconds(2));
        Parallel.For(0, 10_500, index => File.WriteAllBytes(Path.Combine(root.FullName, "data", $"{index}.csv"), []));

        Assert.NotEmpty(await overflows.Reader.ReadAsync().AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Dispose_LaterChanges_AreNotTold()
    {
        using (Watch())
        {
            await File.WriteAllTextAsync(Path.Combine(root.FullName, "data", "1.csv"), "x");
            await ReadUntilAsync("data/1.csv");
        }

        await File.WriteAllTextAsync(Path.Combine(root.FullName, "data", "2.csv"), "x");
        using var again = Watch();
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "data", "3.csv"), "x");
        await ReadUntilAsync("data/3.csv");

        Assert.DoesNotContain("data/2.csv", Seen);
    }

    public void Dispose() => root.Delete(recursive: true);

    private List<string> Seen { get; } = [];

    private DirectoryBlobWatcher Watch() => new(root.FullName, "data", Hear, reason => overflows.Writer.TryWrite(reason), TimeSpan.FromMilliseconds(20));

    private void Hear(ImmutableArray<string> names)
    {
        foreach (var name in names)
        {
            told.Writer.TryWrite(name);
        }
    }

    private async Task ReadUntilAsync(string name)
    {
        using var limit = new CancellationTokenSource(Patience);
        string heard;
        do
        {
            heard = await told.Reader.ReadAsync(limit.Token);
            Seen.Add(heard);
        }
        while (heard != name);
    }
}
