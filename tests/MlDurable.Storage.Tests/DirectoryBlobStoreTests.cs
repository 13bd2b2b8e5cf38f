using System.Runtime.Versioning;

namespace MlDurable.Storage.Tests;

/// <remarks>Links, rights and /dev/full as on Linux and macOS.</remarks>
[UnsupportedOSPlatform("windows")]
public sealed class DirectoryBlobStoreTests : IDisposable
{
    private static readonly byte[] Content = "content"u8.ToArray();
    private readonly TemporaryDirectory _directory = new();
    private readonly DirectoryBlobStore _store;

    public DirectoryBlobStoreTests() => _store = new DirectoryBlobStore(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WriteAsync_ManyProcesses_LoseNoUpdate()
    {
        const int Processes = 4;
        const int Increments = 25;
        var processes = Enumerable.Range(0, Processes)
            .Select(_ => OtherProcess.Start("increment", _directory.Path, "state/counter", $"{Increments}"))
            .ToArray();

        await Counter.IncrementAsync(_store, "state/counter", Increments);

        foreach (var process in processes)
        {
            await process.EndAsync();
            process.Dispose();
        }

        Assert.Equal((Processes + 1) * Increments, await Counter.ReadAsync(_store, "state/counter"));
    }

    [Fact]
    public async Task WriteAsync_ManyProcessesIfAbsent_ExactlyOneWins()
    {
        var processes = Enumerable.Range(0, 4).Select(_ => OtherProcess.Start("claim", _directory.Path, "triggers/claims/1")).ToArray();

        var results = await Task.WhenAll(processes.Select(process => process.EndAsync()));

        Assert.Single(results, "done");
        Assert.Equal(3, results.Count(result => result == BlobStoreErrorCodes.PreconditionFailed));
        foreach (var process in processes)
        {
            process.Dispose();
        }
    }

    [Fact]
    public async Task WriteAsync_WriterKilled_LeavesTheFormerContentAndItsFileIsCleanedLater()
    {
        await _store.WriteBytesAsync("data/x", Content, BlobCondition.None);
        using var writer = OtherProcess.Start("write-without-end", _directory.Path, "data/x");
        Assert.Equal("ready", await writer.ReadLineAsync());
        var leftover = Assert.Single(Directory.GetFiles(_directory.File("data", StagedFile.FolderName)));

        // The file of a writer that lives is left alone, however old it is.
        File.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddDays(-1));
        await new DirectoryBlobStore(_directory.Path).WriteBytesAsync("data/y", Content, BlobCondition.None);
        Assert.True(File.Exists(leftover));

        await writer.KillAsync();

        Assert.Equal(Content, await _store.ReadBytesAsync("data/x", maxBytes: 100));
        Assert.Equal(["data/x", "data/y"], await _store.ListAsync("data/").Select(blob => blob.Name).ToArrayAsync());
        await new DirectoryBlobStore(_directory.Path).WriteBytesAsync("data/y", Content, BlobCondition.None);
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public async Task WriteAsync_FreshFileOfAnotherWriter_IsNotCleaned()
    {
        var fresh = _directory.File("data", StagedFile.FolderName, "fresh");
        Directory.CreateDirectory(Path.GetDirectoryName(fresh)!);
        await File.WriteAllBytesAsync(fresh, Content);

        await _store.WriteBytesAsync("data/x", Content, BlobCondition.None);

        Assert.True(File.Exists(fresh));
    }

    [Fact]
    public async Task WriteAsync_LockHolderKilled_GoesOn()
    {
        using var holder = OtherProcess.Start("hold-lock", _directory.Path, "data/x");
        Assert.Equal("ready", await holder.ReadLineAsync());
        var write = _store.WriteBytesAsync("data/x", Content, BlobCondition.None);
        Assert.False(await _store.ExistsAsync("data/x"));

        await holder.KillAsync();

        await write;
        Assert.True(await _store.ExistsAsync("data/x"));
    }

    [Fact]
    public async Task WriteAsync_WaitingForALock_CanBeCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using var holder = OtherProcess.Start("hold-lock", _directory.Path, "data/x");
        Assert.Equal("ready", await holder.ReadLineAsync());
        var write = _store.WriteBytesAsync("data/x", Content, BlobCondition.None, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        await holder.KillAsync();
        Assert.False(await _store.ExistsAsync("data/x"));
    }

    [Fact]
    public async Task WriteAsync_ClockStandsStill_StillChangesTheETag()
    {
        var store = new DirectoryBlobStore(_directory.Path, new StoppedClock(new DateTimeOffset(2001, 9, 9, 1, 46, 40, TimeSpan.Zero)));

        var first = await store.WriteBytesAsync("data/x", Content, BlobCondition.None);
        var second = await store.WriteBytesAsync("data/x", Content, BlobCondition.IfMatch(first.ETag));
        var third = await store.WriteBytesAsync("data/x", Content, BlobCondition.IfMatch(second.ETag));

        Assert.Equal(3, new HashSet<string>([first.ETag, second.ETag, third.ETag]).Count);
        Assert.True(third.LastModified > second.LastModified && second.LastModified > first.LastModified);
    }

    [Fact]
    public async Task WriteAsync_ClockSetBack_StillChangesTheETag()
    {
        await File.WriteAllBytesAsync(_directory.File("future"), Content);
        Directory.CreateDirectory(_directory.File("data"));
        File.Move(_directory.File("future"), _directory.File("data", "x"));
        File.SetLastWriteTimeUtc(_directory.File("data", "x"), new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var dropped = await _store.GetPropertiesAsync("data/x");

        var written = await _store.WriteBytesAsync("data/x", Content, BlobCondition.IfMatch(dropped!.ETag));

        Assert.True(written.LastModified > dropped.LastModified);
        Assert.NotEqual(dropped.ETag, written.ETag);
    }

    [Fact]
    public async Task ListAsync_FilesDroppedByAPerson_AreBlobs()
    {
        Directory.CreateDirectory(_directory.File("data", "bird-strikes", "empty"));
        await File.WriteAllBytesAsync(_directory.File("data", "bird-strikes", "1990.csv"), Content);
        await File.WriteAllBytesAsync(_directory.File("data", ".hidden"), Content);

        Assert.Equal(["data/.hidden", "data/bird-strikes/1990.csv"], await _store.ListAsync("data/").Select(blob => blob.Name).ToArrayAsync());
        Assert.Equal(Content, await _store.ReadBytesAsync("data/bird-strikes/1990.csv", maxBytes: 100));
    }

    [Fact]
    public async Task ListAsync_FileWithANameThatIsNotPortable_IsReportedNotSkipped()
    {
        Directory.CreateDirectory(_directory.File("data"));
        await File.WriteAllBytesAsync(_directory.File("data", "12:30.csv"), Content);

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => _store.ListAsync("data/").ToArrayAsync().AsTask());

        Assert.Equal(BlobStoreErrorCodes.InvalidBlobName, exception.Code);
        Assert.Contains("12:30.csv", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListAsync_FilesDeletedByAPerson_GoesOn()
    {
        foreach (var name in new[] { "data/a", "data/b/1", "data/c" })
        {
            await _store.WriteBytesAsync(name, Content, BlobCondition.None);
        }

        var seen = new List<string>();
        await foreach (var blob in _store.ListAsync("data/"))
        {
            seen.Add(blob.Name);
            if (blob.Name == "data/a")
            {
                Directory.Delete(_directory.File("data", "b"), recursive: true);
            }
        }

        Assert.Equal(["data/a", "data/c"], seen);
    }

    [Fact]
    public async Task OpenReadAsync_EditedInPlaceWhileRead_FailsAsChanged()
    {
        await _store.WriteBytesAsync("data/x", new byte[100_000], BlobCondition.None);
        await using var reader = await _store.OpenReadAsync("data/x");
        await reader.Content.ReadExactlyAsync(new byte[1000]);

        await File.AppendAllTextAsync(_directory.File("data", "x"), "more");

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => reader.Content.CopyToAsync(Stream.Null));
        Assert.Equal(BlobStoreErrorCodes.BlobChanged, exception.Code);
    }

    [Fact]
    public async Task OpenReadAsync_ReplacedAndDeletedWhileRead_GivesTheOpenedContent()
    {
        await _store.WriteBytesAsync("data/x", Content, BlobCondition.None);
        await using var reader = await _store.OpenReadAsync("data/x");

        await _store.WriteBytesAsync("data/x", new byte[5000], BlobCondition.None);
        await _store.DeleteAsync("data/x", BlobCondition.None);

        using var text = new StreamReader(reader.Content);
        Assert.Equal("content", await text.ReadToEndAsync());
    }

    [Fact]
    public async Task EveryMember_SymbolicLinkOutOfTheRoot_IsRefused()
    {
        using var outside = new TemporaryDirectory();
        await File.WriteAllTextAsync(outside.File("secret"), "secret");
        Directory.CreateDirectory(_directory.File("data"));
        File.CreateSymbolicLink(_directory.File("data", "file"), outside.File("secret"));
        Directory.CreateSymbolicLink(_directory.File("data", "folder"), outside.Path);
        Directory.CreateSymbolicLink(_directory.File("linked"), outside.Path);

        foreach (var name in new[] { "data/file", "data/folder/secret", "linked/secret" })
        {
            await RefusedAsync(() => _store.OpenReadAsync(name));
            await RefusedAsync(() => _store.GetPropertiesAsync(name));
            await RefusedAsync(() => _store.WriteBytesAsync(name, Content, BlobCondition.None));
            await RefusedAsync(() => _store.DeleteAsync(name, BlobCondition.None));
        }

        await RefusedAsync(() => _store.WriteBytesAsync("data/folder/new", Content, BlobCondition.IfAbsent));
        await RefusedAsync(() => _store.ListAsync("data/").ToArrayAsync().AsTask());
        await RefusedAsync(() => _store.ListAsync("linked/").ToArrayAsync().AsTask());
        await RefusedAsync(() => _store.ListAsync("data/folder/").ToArrayAsync().AsTask());
        Assert.Equal(["secret"], Directory.GetFileSystemEntries(outside.Path).Select(Path.GetFileName));
        Assert.Equal("secret", await File.ReadAllTextAsync(outside.File("secret")));
    }

    [Fact]
    public async Task WriteAsync_RootIsASymbolicLink_IsFollowed()
    {
        using var real = new TemporaryDirectory();
        Directory.CreateSymbolicLink(_directory.File("root"), real.Path);
        var store = new DirectoryBlobStore(_directory.File("root"));

        await store.WriteBytesAsync("data/x", Content, BlobCondition.None);

        Assert.Equal(Content, await File.ReadAllBytesAsync(real.File("data", "x")));
    }

    [Fact]
    public async Task WriteAsync_BlobWhereAFolderIsNeeded_SaysWhich()
    {
        await _store.WriteBytesAsync("data/x", Content, BlobCondition.None);
        await _store.WriteBytesAsync("data/folder/y", Content, BlobCondition.None);

        var below = await Assert.ThrowsAsync<BlobStoreException>(() => _store.WriteBytesAsync("data/x/y/z", Content, BlobCondition.None));
        var above = await Assert.ThrowsAsync<BlobStoreException>(() => _store.WriteBytesAsync("data/folder", Content, BlobCondition.None));

        Assert.Equal((BlobStoreErrorCodes.InvalidBlobName, "data/x"), (below.Code, below.BlobName));
        Assert.Equal((BlobStoreErrorCodes.InvalidBlobName, "data/folder"), (above.Code, above.BlobName));
        Assert.Empty(Directory.GetFiles(_directory.File("data", StagedFile.FolderName)));
    }

    [Fact]
    public async Task DeleteAsync_LastBlobOfFolders_RemovesThemButNotTheContainer()
    {
        await _store.WriteBytesAsync("runs/1/logs/a", Content, BlobCondition.None);
        await _store.WriteBytesAsync("runs/2", Content, BlobCondition.None);

        await _store.DeleteAsync("runs/1/logs/a", BlobCondition.None);
        await _store.DeleteAsync("runs/2", BlobCondition.None);

        Assert.Equal([_directory.File("runs", StagedFile.FolderName)], Directory.GetFileSystemEntries(_directory.File("runs")));
    }

    [Fact]
    public async Task WriteAndDelete_InOneFolderAtOnce_NeverMissTheFolder()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                await _store.WriteBytesAsync($"data/a/b/c/{writer}", Content, BlobCondition.IfAbsent);
                Assert.True(await _store.DeleteAsync($"data/a/b/c/{writer}", BlobCondition.None));
            }
        })));

        Assert.False(Directory.Exists(_directory.File("data", "a")));
    }

    [Fact]
    public async Task WriteAsync_DeviceIsFull_FailsAsStoreFullAndWritesNothing()
    {
        // The kernel's own "no space left on device", which an ordinary user can have from /dev/full.
        var store = new DirectoryBlobStore(_directory.Path, timeProvider: null, _ => new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));
        await _store.WriteBytesAsync("data/x", Content, BlobCondition.None);

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.WriteBytesAsync("data/x", new byte[100_000], BlobCondition.None));

        Assert.Equal(BlobStoreErrorCodes.StoreFull, exception.Code);
        Assert.Equal(Content, await _store.ReadBytesAsync("data/x", maxBytes: 100));
        Assert.Empty(Directory.GetFiles(_directory.File("data", StagedFile.FolderName)));
    }

    [Theory]
    [InlineData(30, BlobStoreErrorCodes.StoreReadOnly)]
    [InlineData(28, BlobStoreErrorCodes.StoreFull)]
    [InlineData(122, BlobStoreErrorCodes.StoreFull)]
    [InlineData(27, BlobStoreErrorCodes.BlobTooLarge)]
    [InlineData(5, BlobStoreErrorCodes.StoreUnavailable)]
    public async Task WriteAsync_SystemError_HasItsCode(int errno, string code)
    {
        var store = new DirectoryBlobStore(_directory.Path, timeProvider: null, _ => throw new IOException("As the runtime reports it.", errno));

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.WriteBytesAsync("data/x", Content, BlobCondition.None));

        Assert.Equal((code, "data/x"), (exception.Code, exception.BlobName));
        Assert.Contains(_directory.Path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_NoPermission_FailsAsStoreDenied()
    {
        using var warmUp = new TemporaryDirectory();
        var root = Directory.CreateDirectory(_directory.File("closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        // In a process of its own: a test that runs as root has to give its rights away.
        using var process = OtherProcess.Start("write-unprivileged", root.FullName, "data/x", warmUp.Path);

        Assert.Equal(BlobStoreErrorCodes.StoreDenied, (await process.EndAsync()).Split('\n')[^1]);
    }

    [Fact]
    public void Description_RelativeRoot_IsTheFullPath() =>
        Assert.Equal($"the directory {Path.Combine(Environment.CurrentDirectory, "x")}", new DirectoryBlobStore("x/").Description);

    private static async Task RefusedAsync(Func<Task> use)
    {
        var exception = await Assert.ThrowsAsync<BlobStoreException>(use);
        Assert.Equal(BlobStoreErrorCodes.StoreDenied, exception.Code);
        Assert.Contains("symbolic link", exception.Message, StringComparison.Ordinal);
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
