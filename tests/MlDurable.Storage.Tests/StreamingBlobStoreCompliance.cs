namespace MlDurable.Storage.Tests;

/// <summary>What every store of the product does: it also streams in bounded memory, which one in memory cannot.</summary>
public abstract class StreamingBlobStoreCompliance : BlobStoreCompliance
{
    private const int LargeBytes = 64 << 20;

    [Fact]
    public async Task WriteAsync_64MegabytesThatCannotSeek_StreamInBoundedMemory()
    {
        const long MostAllocated = 24 << 20;
        using var source = new PatternStream(LargeBytes);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var written = await Store.WriteAsync(Name("large"), source, BlobCondition.None);

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, MostAllocated);
        Assert.Equal(LargeBytes, written.Length);
        before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Equal(LargeBytes, await ReadPatternAsync(written.ETag));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, MostAllocated);
    }

    private async Task<long> ReadPatternAsync(string etag)
    {
        await using var reader = await Store.OpenReadAsync(Name("large"), etag);
        var buffer = new byte[64 << 10];
        long position = 0;
        for (int read; (read = await reader.Content.ReadAsync(buffer)) > 0; position += read)
        {
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] != PatternStream.At(position + i))
                {
                    Assert.Fail($"Byte {position + i} differs.");
                }
            }
        }

        return position;
    }
}
