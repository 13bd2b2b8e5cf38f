using System.Text;

namespace MlDurable.Storage.Tests;

/// <summary>What every store does. Each store's own test class derives from this one.</summary>
public abstract class BlobStoreCompliance
{
    /// <summary>More than one block of an upload to Azure.</summary>
    private const int TwoBlockBytes = 5 << 20;

    /// <summary>A container that no other test uses.</summary>
    protected string Container { get; } = $"c{Guid.NewGuid():n}";

    protected abstract IBlobStore Store { get; }

    protected string Name(string path) => $"{Container}/{path}";

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task WriteAsync_NewBlob_ReadsBackWithTheSameProperties()
    {
        var written = await Store.WriteBytesAsync(Name("a/b.txt"), Bytes("hello"), BlobCondition.None);

        await using var reader = await Store.OpenReadAsync(Name("a/b.txt"));
        using var content = new MemoryStream();
        await reader.Content.CopyToAsync(content);
        Assert.Equal("hello", Encoding.UTF8.GetString(content.ToArray()));
        Assert.Equal(written, reader.Properties);
        Assert.Equal(written, await Store.GetPropertiesAsync(Name("a/b.txt")));
        Assert.Equal((Name("a/b.txt"), 5L), (written.Name, written.Length));
        Assert.Equal([written], await Store.ListAsync(Container + "/").ToArrayAsync());
    }

    [Fact]
    public async Task WriteAsync_EmptyContent_MakesAnEmptyBlob()
    {
        var written = await Store.WriteBytesAsync(Name("empty"), ReadOnlyMemory<byte>.Empty, BlobCondition.IfAbsent);

        Assert.Equal(0, written.Length);
        Assert.Empty(await Store.ReadBytesAsync(Name("empty"), maxBytes: 0));
    }

    [Theory]
    [InlineData("Flächen/größe.csv")]
    [InlineData("データ/鳥 2001.csv")]
    [InlineData("emoji/🦅.csv")]
    [InlineData("marks/50% +1 #2 & [x] {y} 'z' ~.csv")]
    [InlineData("encoded/%2e%2e%2fetc%00.csv")]
    [InlineData(".hidden/.dot")]
    public async Task WriteAsync_UnusualName_IsKeptExactly(string path)
    {
        await Store.WriteBytesAsync(Name(path), Bytes(path), BlobCondition.IfAbsent);

        Assert.Equal(path, Encoding.UTF8.GetString(await Store.ReadBytesAsync(Name(path), maxBytes: 1000)));
        Assert.Equal([Name(path)], await Store.ListAsync(Container + "/").Select(blob => blob.Name).ToArrayAsync());
    }

    [Fact]
    public async Task WriteAsync_LongestName_IsKept()
    {
        var path = string.Join('/', Enumerable.Repeat(new string('x', 200), 4));

        await Store.WriteBytesAsync(Name(path), Bytes("x"), BlobCondition.IfAbsent);

        Assert.True(await Store.ExistsAsync(Name(path)));
    }

    [Fact]
    public async Task WriteAsync_SameContentAgain_ChangesTheETag()
    {
        var etags = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            var written = await Store.WriteBytesAsync(Name("same"), Bytes("same"), BlobCondition.None);
            Assert.True(etags.Add(written.ETag));
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(TwoBlockBytes)]
    public async Task WriteAsync_IfAbsentWhenPresent_Fails(int length)
    {
        await Store.WriteBytesAsync(Name("x"), Bytes("first"), BlobCondition.None);

        await FailsAsync(BlobStoreErrorCodes.PreconditionFailed, () => Store.WriteBytesAsync(Name("x"), new byte[length], BlobCondition.IfAbsent));

        Assert.Equal("first", Encoding.UTF8.GetString(await Store.ReadBytesAsync(Name("x"), maxBytes: 10)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(TwoBlockBytes)]
    public async Task WriteAsync_IfMatch_WritesOnlyOnThatContent(int length)
    {
        var first = await Store.WriteBytesAsync(Name("x"), Bytes("first"), BlobCondition.IfAbsent);

        var second = await Store.WriteBytesAsync(Name("x"), new byte[length], BlobCondition.IfMatch(first.ETag));

        await FailsAsync(
            BlobStoreErrorCodes.PreconditionFailed, () => Store.WriteBytesAsync(Name("x"), new byte[length + 1], BlobCondition.IfMatch(first.ETag)));
        Assert.Equal(second, await Store.GetPropertiesAsync(Name("x")));
    }

    [Fact]
    public async Task WriteAsync_IfMatchWhenAbsent_Fails()
    {
        var gone = await Store.WriteBytesAsync(Name("x"), Bytes("x"), BlobCondition.None);
        await Store.DeleteAsync(Name("x"), BlobCondition.None);

        await FailsAsync(BlobStoreErrorCodes.PreconditionFailed, () => Store.WriteBytesAsync(Name("x"), Bytes("y"), BlobCondition.IfMatch(gone.ETag)));

        Assert.False(await Store.ExistsAsync(Name("x")));
    }

    [Theory]
    [InlineData(100, 32)]
    [InlineData(TwoBlockBytes, 4)]
    public async Task WriteAsync_RacingIfAbsent_ExactlyOneWins(int length, int writers)
    {
        var wins = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            try
            {
                await Store.WriteBytesAsync(Name("claim"), Enumerable.Repeat((byte)writer, length).ToArray(), BlobCondition.IfAbsent);
                return writer;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                return -1;
            }
        })));

        var winner = Assert.Single(wins, writer => writer >= 0);
        var content = await Store.ReadBytesAsync(Name("claim"), length);
        Assert.Equal(length, content.Length);
        Assert.True(content.All(value => value == winner), "The content is not the winner's.");
    }

    [Fact]
    public async Task WriteAsync_RacingCompareAndSwap_LosesNoUpdate()
    {
        const int Writers = 16;
        const int Increments = 4;

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => Counter.IncrementAsync(Store, Name("counter"), Increments))));

        Assert.Equal(Writers * Increments, await Counter.ReadAsync(Store, Name("counter")));
    }

    [Fact]
    public async Task WriteAsync_SourceFails_LeavesTheFormerContent()
    {
        await Store.WriteBytesAsync(Name("x"), Bytes("former"), BlobCondition.None);
        var source = new GatedStream(new byte[TwoBlockBytes], []);
        var write = Store.WriteAsync(Name("x"), source, BlobCondition.None);
        await source.ReachedAsync(write);

        source.Break(new InvalidDataException("The source broke."));

        await Assert.ThrowsAsync<InvalidDataException>(() => write);
        Assert.Equal("former", Encoding.UTF8.GetString(await Store.ReadBytesAsync(Name("x"), maxBytes: 10)));
    }

    [Fact]
    public async Task WriteAsync_Cancelled_LeavesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new GatedStream(new byte[TwoBlockBytes], []);
        var write = Store.WriteAsync(Name("x"), source, BlobCondition.None, cancellation.Token);
        await source.ReachedAsync(write);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.False(await Store.ExistsAsync(Name("x")));
        Assert.Empty(await Store.ListAsync(Container + "/").ToArrayAsync());
    }

    [Fact]
    public async Task WriteAsync_StreamNotAtItsBeginning_WritesTheRest()
    {
        using var source = new MemoryStream(Bytes("skipped:rest")) { Position = 8 };

        await Store.WriteAsync(Name("x"), source, BlobCondition.None);

        Assert.Equal("rest", Encoding.UTF8.GetString(await Store.ReadBytesAsync(Name("x"), maxBytes: 10)));
    }

    [Fact]
    public async Task OpenReadAsync_Absent_FailsWithItsName()
    {
        await Store.WriteBytesAsync(Name("a/b"), Bytes("x"), BlobCondition.None);

        foreach (var name in new[] { Name("a/c"), Name("a"), Name("z/b"), "no-such-container/x" })
        {
            var exception = await FailsAsync(BlobStoreErrorCodes.BlobNotFound, () => Store.OpenReadAsync(name));
            Assert.Equal(name, exception.BlobName);
            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
            Assert.Null(await Store.GetPropertiesAsync(name));
            Assert.False(await Store.DeleteAsync(name, BlobCondition.None));
        }
    }

    [Fact]
    public async Task OpenReadAsync_IfMatchOfFormerContent_FailsAsChanged()
    {
        var first = await Store.WriteBytesAsync(Name("x"), Bytes("1"), BlobCondition.None);
        await Store.WriteBytesAsync(Name("x"), Bytes("2"), BlobCondition.None);

        await FailsAsync(BlobStoreErrorCodes.BlobChanged, () => Store.OpenReadAsync(Name("x"), first.ETag));
    }

    [Fact]
    public async Task OpenReadAsync_WhileReplaced_GivesTheContentOfItsETag()
    {
        const int Length = 300_000;
        const int Replacements = 30;
        var etags = new System.Collections.Concurrent.ConcurrentDictionary<string, byte>();
        var first = await Store.WriteBytesAsync(Name("x"), new byte[Length], BlobCondition.None);
        etags[first.ETag] = 0;
        var seen = new List<(string ETag, byte[] Content)>();
        var writing = Task.Run(async () =>
        {
            for (byte value = 1; value <= Replacements; value++)
            {
                var written = await Store.WriteBytesAsync(Name("x"), Enumerable.Repeat(value, Length + value).ToArray(), BlobCondition.None);
                etags[written.ETag] = value;
            }
        });

        do
        {
            await using var reader = await Store.OpenReadAsync(Name("x"));
            var content = new byte[reader.Properties.Length];
            try
            {
                await reader.Content.ReadExactlyAsync(content);
                seen.Add((reader.Properties.ETag, content));
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobChanged)
            {
                // A store that cannot keep the former content says so.
            }
        }
        while (!writing.IsCompleted);

        await writing;
        Assert.NotEmpty(seen);
        foreach (var (etag, content) in seen)
        {
            var value = etags[etag];
            Assert.True(content.Length == Length + value && content.All(read => read == value), $"The content of {etag} is mixed.");
        }
    }

    [Fact]
    public async Task DeleteAsync_Present_DeletesOnce()
    {
        await Store.WriteBytesAsync(Name("a/b/c"), Bytes("x"), BlobCondition.None);

        Assert.True(await Store.DeleteAsync(Name("a/b/c"), BlobCondition.None));
        Assert.False(await Store.DeleteAsync(Name("a/b/c"), BlobCondition.None));
        Assert.False(await Store.ExistsAsync(Name("a/b/c")));
    }

    [Fact]
    public async Task DeleteAsync_IfMatch_DeletesOnlyThatContent()
    {
        var first = await Store.WriteBytesAsync(Name("x"), Bytes("1"), BlobCondition.None);
        var second = await Store.WriteBytesAsync(Name("x"), Bytes("2"), BlobCondition.None);

        await FailsAsync(BlobStoreErrorCodes.PreconditionFailed, () => Store.DeleteAsync(Name("x"), BlobCondition.IfMatch(first.ETag)));
        Assert.True(await Store.DeleteAsync(Name("x"), BlobCondition.IfMatch(second.ETag)));
        Assert.False(await Store.DeleteAsync(Name("x"), BlobCondition.IfMatch(second.ETag)));
    }

    [Fact]
    public async Task DeleteAsync_IfAbsent_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(Name("x"), BlobCondition.IfAbsent));

    [Fact]
    public async Task DeleteAsync_ThenWritten_HasAnotherETag()
    {
        var first = await Store.WriteBytesAsync(Name("x"), Bytes("1"), BlobCondition.None);
        await Store.DeleteAsync(Name("x"), BlobCondition.None);

        var second = await Store.WriteBytesAsync(Name("x"), Bytes("1"), BlobCondition.IfAbsent);

        Assert.NotEqual(first.ETag, second.ETag);
    }

    [Fact]
    public async Task ListAsync_ManyFolders_IsInOrdinalOrderOfFullNames()
    {
        string[] paths = ["a/b", "a-b", "a", "a.b/c", "B", "a0/x", "Z/1", "a/b/c.csv", "ä/1", "a b", "10", "9"];

        // On a directory a blob is never also a folder.
        var names = paths.Where(path => path is not ("a" or "a/b")).Select(Name).ToArray();
        foreach (var name in names)
        {
            await Store.WriteBytesAsync(name, Bytes("x"), BlobCondition.None);
        }

        var expected = names.Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(expected, await NamesAsync(Container + "/", startAfter: null));
        foreach (var start in names.Concat([Name("a"), Name("a/"), Name("a/b"), Name("zzz"), Name("!"), "a", "zzzz"]))
        {
            Assert.Equal(expected.Where(name => string.CompareOrdinal(name, start) > 0), await NamesAsync(Container + "/", start));
        }
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData("runs/", 4)]
    [InlineData("runs/2024", 3)]
    [InlineData("runs/2024-01/", 2)]
    [InlineData("runs/2024-01/a", 1)]
    [InlineData("run", 4)]
    [InlineData("nothing", 0)]
    [InlineData("runs/2024-01/a/", 0)]
    public async Task ListAsync_Prefix_GivesOnlyNamesThatBeginWithIt(string prefix, int count)
    {
        string[] paths = ["runs/2024-01/a", "runs/2024-01/b", "runs/2024-02/a", "runs/2025-01/a", "other"];
        foreach (var path in paths)
        {
            await Store.WriteBytesAsync(Name(path), Bytes("x"), BlobCondition.None);
        }

        var names = await NamesAsync(Name(prefix), startAfter: null);

        Assert.Equal(count, names.Length);
        Assert.Equal(paths.Select(Name).Where(name => name.StartsWith(Name(prefix), StringComparison.Ordinal)).Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public async Task ListAsync_NoSuchContainer_IsEmpty() => Assert.Empty(await NamesAsync("no-such-container/", startAfter: null));

    [Fact]
    public async Task ListAsync_BlobsVanishMeanwhile_GoesOn()
    {
        foreach (var path in new[] { "a/1", "a/2", "b/1", "c" })
        {
            await Store.WriteBytesAsync(Name(path), Bytes("x"), BlobCondition.None);
        }

        var seen = new List<string>();
        await foreach (var blob in Store.ListAsync(Container + "/"))
        {
            seen.Add(blob.Name);
            await Store.DeleteAsync(Name("a/2"), BlobCondition.None);
            await Store.DeleteAsync(Name("b/1"), BlobCondition.None);
        }

        Assert.Equal(Name("a/1"), seen[0]);
        Assert.Equal(Name("c"), seen[^1]);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("data")]
    [InlineData("data/")]
    [InlineData("data/../../x")]
    [InlineData("Data/x")]
    [InlineData("data\\x/y")]
    public async Task EveryMember_InvalidName_IsRefusedBeforeTheStoreIsTouched(string name)
    {
        await FailsAsync(BlobStoreErrorCodes.InvalidBlobName, () => Store.GetPropertiesAsync(name));
        await FailsAsync(BlobStoreErrorCodes.InvalidBlobName, () => Store.OpenReadAsync(name));
        await FailsAsync(BlobStoreErrorCodes.InvalidBlobName, () => Store.WriteBytesAsync(name, Bytes("x"), BlobCondition.None));
        await FailsAsync(BlobStoreErrorCodes.InvalidBlobName, () => Store.DeleteAsync(name, BlobCondition.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("data")]
    [InlineData("../")]
    [InlineData("data/../")]
    [InlineData("data//")]
    public void ListAsync_InvalidPrefix_IsRefusedAtOnce(string prefix)
    {
        var exception = Assert.Throws<BlobStoreException>(() => Store.ListAsync(prefix));

        Assert.Equal(BlobStoreErrorCodes.InvalidBlobName, exception.Code);
    }

    protected static async Task<BlobStoreException> FailsAsync(string code, Func<Task> use)
    {
        var exception = await Assert.ThrowsAsync<BlobStoreException>(use);
        Assert.Equal(code, exception.Code);
        return exception;
    }

    private async Task<string[]> NamesAsync(string prefix, string? startAfter) =>
        await Store.ListAsync(prefix, startAfter).Select(blob => blob.Name).ToArrayAsync();
}
