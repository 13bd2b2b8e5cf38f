using System.ComponentModel;

namespace System.IO.Hashing;

/// <summary>
/// The one class of the package <c>System.IO.Hashing</c> that Azure.Storage.Common derives from, with the package's public surface, for feeds that lack the package.
/// </summary>
/// <remarks>An instance takes bytes piece by piece and gives the hash of all of them in order.
/// <threadsafety>One thread at a time.</threadsafety></remarks>
public abstract class NonCryptographicHashAlgorithm
{
    private const int StreamBufferBytes = 64 << 10;

    /// <summary>Makes the base of an algorithm.</summary>
    /// <param name="hashLengthInBytes">The length of its hash in bytes, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="hashLengthInBytes"/> is less than 1.</exception>
    protected NonCryptographicHashAlgorithm(int hashLengthInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hashLengthInBytes, 1);
        HashLengthInBytes = hashLengthInBytes;
    }

    /// <summary>The length of the hash in bytes.</summary>
    public int HashLengthInBytes { get; }

    /// <summary>Takes more bytes.</summary>
    /// <param name="source">The bytes.</param>
    public abstract void Append(ReadOnlySpan<byte> source);

    /// <summary>Forgets all bytes taken so far.</summary>
    public abstract void Reset();

    /// <summary>Takes more bytes.</summary>
    /// <param name="source">The bytes.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is <see langword="null"/>.</exception>
    public void Append(byte[] source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Append(new ReadOnlySpan<byte>(source));
    }

    /// <summary>Takes the rest of a stream, from its present position to its end.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    public void Append(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var buffer = new byte[StreamBufferBytes];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    /// <summary>Takes the rest of a stream, from its present position to its end.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="cancellationToken">Cancels the reading; what was read by then has been taken.</param>
    /// <returns>A task that ends at the end of the stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    public Task AppendAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return AppendAllAsync(stream, cancellationToken);
    }

    /// <summary>Gives the hash of the bytes taken so far, and goes on with them.</summary>
    /// <returns>The hash.</returns>
    public byte[] GetCurrentHash()
    {
        var hash = new byte[HashLengthInBytes];
        GetCurrentHashCore(hash);
        return hash;
    }

    /// <summary>Writes the hash of the bytes taken so far, and goes on with them.</summary>
    /// <param name="destination">Where the hash goes.</param>
    /// <param name="bytesWritten">The length of the hash, or 0 when it does not fit.</param>
    /// <returns>Whether it fits.</returns>
    public bool TryGetCurrentHash(Span<byte> destination, out int bytesWritten)
    {
        var fits = Fits(destination, out bytesWritten);
        if (fits)
        {
            GetCurrentHashCore(destination[..HashLengthInBytes]);
        }

        return fits;
    }

    /// <summary>Writes the hash of the bytes taken so far, and goes on with them.</summary>
    /// <param name="destination">Where the hash goes.</param>
    /// <returns>The length of the hash.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public int GetCurrentHash(Span<byte> destination) =>
        TryGetCurrentHash(destination, out var written) ? written : throw TooShort(nameof(destination));

    /// <summary>Gives the hash of the bytes taken so far, and forgets them.</summary>
    /// <returns>The hash.</returns>
    public byte[] GetHashAndReset()
    {
        var hash = new byte[HashLengthInBytes];
        GetHashAndResetCore(hash);
        return hash;
    }

    /// <summary>Writes the hash of the bytes taken so far, and forgets them if it fits.</summary>
    /// <param name="destination">Where the hash goes.</param>
    /// <param name="bytesWritten">The length of the hash, or 0 when it does not fit.</param>
    /// <returns>Whether it fits.</returns>
    public bool TryGetHashAndReset(Span<byte> destination, out int bytesWritten)
    {
        var fits = Fits(destination, out bytesWritten);
        if (fits)
        {
            GetHashAndResetCore(destination[..HashLengthInBytes]);
        }

        return fits;
    }

    /// <summary>Writes the hash of the bytes taken so far, and forgets them.</summary>
    /// <param name="destination">Where the hash goes.</param>
    /// <returns>The length of the hash.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public int GetHashAndReset(Span<byte> destination) =>
        TryGetHashAndReset(destination, out var written) ? written : throw TooShort(nameof(destination));

    /// <summary>Not for use: the object's identity has no hash code, and the hash of the bytes is another method's.</summary>
    /// <returns>Never.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
#pragma warning disable CS0809, CA1065 // the package's class does just this, so that nobody takes one hash for the other
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("The hash of the bytes is what GetCurrentHash() gives.", error: true)]
    public override int GetHashCode() => throw new NotSupportedException("The hash of the bytes is what GetCurrentHash() gives.");
#pragma warning restore CS0809, CA1065

    /// <summary>Writes the hash of the bytes taken so far without changing what was taken.</summary>
    /// <param name="destination">Exactly <see cref="HashLengthInBytes"/> bytes.</param>
    protected abstract void GetCurrentHashCore(Span<byte> destination);

    /// <summary>Writes the hash of the bytes taken so far and forgets them: by default <see cref="GetCurrentHashCore"/>, then <see cref="Reset"/>.</summary>
    /// <param name="destination">Exactly <see cref="HashLengthInBytes"/> bytes.</param>
    protected virtual void GetHashAndResetCore(Span<byte> destination)
    {
        GetCurrentHashCore(destination);
        Reset();
    }

    private static ArgumentException TooShort(string parameter) => new("The hash does not fit.", parameter);

    private async Task AppendAllAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[StreamBufferBytes];
        for (var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            read > 0;
            read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false))
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    private bool Fits(Span<byte> destination, out int length)
    {
        var fits = destination.Length >= HashLengthInBytes;
        length = fits ? HashLengthInBytes : 0;
        return fits;
    }
}
