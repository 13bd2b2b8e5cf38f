using System.Diagnostics;

namespace MlDurable.Storage;

/// <summary>
/// One writer at a time for each blob of a directory, among the threads of this process and among processes.
/// </summary>
/// <remarks>A name belongs to one of <see cref="Stripes"/> lock files. The lock is the operating system's (<c>flock</c>, share modes on Windows): it is gone
/// when its process is, however that ends, and the file itself means nothing. Names that differ only in case share a stripe, since they may be one file.</remarks>
/// <param name="directory">Where the lock files are.</param>
/// <param name="store">The store's description, for messages.</param>
internal sealed class StoreLocks(string directory, string store)
{
    private const int Stripes = 64;
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the lock of a name.</summary>
    /// <returns>The lock; disposing of it lets the next writer go on.</returns>
    public async Task<IDisposable> AcquireAsync(string name, CancellationToken ct)
    {
        var stripe = StripeOf(name);
        var gate = _gates[stripe];
        await gate.WaitAsync(ct);
        try
        {
            Directory.CreateDirectory(directory);
            return new Held(gate, await LockFileAsync(Path.Combine(directory, $"{stripe:d2}.lock"), name, ct));
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    private async Task<FileStream> LockFileAsync(string path, string name, CancellationToken ct)
    {
        var waiting = Stopwatch.StartNew();
        for (var pause = ShortestPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException exception) when (FileSystemFailure.IsLocked(exception) && waiting.Elapsed < LongestWait)
            {
                // flock cannot be waited for with a limit and a cancellation; a lock is held for one rename, so a short pause is about right.
                await Task.Delay(pause, ct);
            }
            catch (IOException exception) when (FileSystemFailure.IsLocked(exception))
            {
                throw new BlobStoreException(
                    BlobStoreErrorCodes.StoreUnavailable,
                    $"Another process has held the lock '{path}' of {store} for {LongestWait.TotalSeconds:f0} s. Look for a stopped process that uses the store.",
                    name,
                    exception);
            }
        }
    }

    /// <remarks>FNV-1a: every process must map a name to the same stripe, and string hash codes differ between processes.</remarks>
    private static int StripeOf(string name)
    {
        var hash = FnvOffset;
        foreach (var character in name)
        {
            hash = unchecked((hash ^ char.ToUpperInvariant(character)) * FnvPrime);
        }

        return (int)(hash % Stripes);
    }

    private sealed class Held(SemaphoreSlim gate, FileStream file) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            gate.Release();
        }
    }
}
