using System.IO.Hashing;

namespace MlDurable.Storage.Tests;

public sealed class NonCryptographicHashAlgorithmTests
{
    private static readonly byte[] Hash = [0, 0, 0, 6];

    [Fact]
    public async Task Append_EveryOverload_TakesAllBytes()
    {
        var sum = new Sum();
        sum.Append([1]);
        sum.Append(new byte[] { 2 }.AsSpan());
        using var first = new MemoryStream([1, 1]);
        sum.Append(first);
        using var second = new MemoryStream([1]);
        await sum.AppendAsync(second);

        Assert.Equal(Hash, sum.GetCurrentHash());
        Assert.Equal(Hash, sum.GetCurrentHash());
    }

    [Fact]
    public void Append_LongStream_IsReadToItsEnd()
    {
        const int Length = 200_000;
        using var stream = new MemoryStream(Enumerable.Repeat((byte)1, Length).ToArray());
        var sum = new Sum();

        sum.Append(stream);

        Assert.Equal(Length, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(sum.GetCurrentHash()));
    }

    [Fact]
    public void GetCurrentHash_Span_IsWrittenWhereItFits()
    {
        var sum = new Sum();
        sum.Append([6]);
        var place = new byte[5];

        Assert.False(sum.TryGetCurrentHash(place.AsSpan(0, 3), out var written));
        Assert.Equal(0, written);
        Assert.Throws<ArgumentException>(() => sum.GetCurrentHash(new byte[3]));
        Assert.True(sum.TryGetCurrentHash(place, out written));
        Assert.Equal(4, written);
        Assert.Equal([0, 0, 0, 6, 0], place);
        Assert.Equal(4, sum.GetCurrentHash(place));
    }

    [Fact]
    public void GetHashAndReset_Span_ForgetsOnlyWhenItFits()
    {
        var sum = new Sum();
        sum.Append([6]);
        var place = new byte[4];

        Assert.False(sum.TryGetHashAndReset(place.AsSpan(0, 3), out var written));
        Assert.Equal(0, written);
        Assert.Throws<ArgumentException>(() => sum.GetHashAndReset(new byte[3]));
        Assert.Equal(4, sum.GetHashAndReset(place));
        Assert.Equal(Hash, place);
        sum.Append([6]);
        Assert.True(sum.TryGetHashAndReset(place, out written));
        Assert.Equal(Hash, place);
        sum.Append([6]);
        Assert.Equal(Hash, sum.GetHashAndReset());
        Assert.Equal(new byte[4], sum.GetCurrentHash());
    }

    [Fact]
    public async Task EveryMember_Misused_Throws()
    {
        var sum = new Sum();

        Assert.Equal(4, sum.HashLengthInBytes);
        Assert.Throws<ArgumentNullException>(() => sum.Append((byte[])null!));
        Assert.Throws<ArgumentNullException>(() => sum.Append((Stream)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => sum.AppendAsync(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sum(0));
        Assert.Throws<NotSupportedException>(() => ((object)sum).GetHashCode());
    }

    /// <summary>The sum of the bytes: a hash whose values the tests can see.</summary>
    private sealed class Sum(int length = sizeof(int)) : NonCryptographicHashAlgorithm(length)
    {
        private int _sum;

        public override void Append(ReadOnlySpan<byte> source)
        {
            foreach (var value in source)
            {
                _sum += value;
            }
        }

        public override void Reset() => _sum = 0;

        protected override void GetCurrentHashCore(Span<byte> destination) =>
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(destination, _sum);
    }
}
