using System.Buffers;

namespace MlDurable.Storage;

/// <summary>A blob's content on its way to its name: complete and flushed under a name of its own before any reader can see it.</summary>
/// <remarks>While the file is open its writer holds the operating system's lock on it; a file that is not locked and not fresh is what a crash left.</remarks>
internal sealed class StagedFile : IDisposable
{
    /// <summary>The folder in each container where files are staged: on the same file system, so that a rename is atomic.</summary>
    public const string FolderName = BlobName.ReservedSuffix;

    private const int CopyBufferBytes = 128 << 10;
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(15);

    /// <summary>FAT keeps times to 2 s, the coarsest of the file systems in use; a step of 100 s is past every one of them.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(100);

    private readonly FileStream _file;
    private bool _published;

    private StagedFile(FileStream file, string path)
    {
        _file = file;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Opens a new file in a staging folder.</summary>
    /// <param name="folder">The staging folder; it is made when it is not there.</param>
    /// <param name="open">Opens the file for writing.</param>
    public static StagedFile Create(string folder, Func<string, FileStream> open)
    {
        Directory.CreateDirectory(folder);
        var path = System.IO.Path.Combine(folder, Guid.NewGuid().ToString("n"));
        return new StagedFile(open(path), path);
    }

    public static FileStream OpenNew(string path) =>
        new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Deletes what crashed writers left in a staging folder.</summary>
    public static void DeleteLeftovers(string folder, DateTime now)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            // A writer closes its file an instant before it renames it: a fresh file is never a leftover, locked or not.
            if (now - file.LastWriteTimeUtc < Fresh)
            {
                continue;
            }

            try
            {
                using (new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.None))
                {
                    file.Delete();
                }
            }
            catch (Exception exception) when (FileSystemFailure.Is(exception))
            {
                // It is being written, or another process deleted it first, or it is another user's: then it is theirs to clean.
            }
        }
    }

    /// <summary>Copies the content and flushes it to the device.</summary>
    /// <param name="content">The content; what reading it throws passes as it is.</param>
    /// <param name="modified">The modification time to give the file.</param>
    /// <param name="translate">Gives the exception to throw for one of the file system.</param>
    /// <param name="ct">Cancels the copy.</param>
    public async Task FillAsync(Stream content, DateTime modified, Func<Exception, BlobStoreException> translate, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, ct)) > 0)
            {
                try
                {
                    await _file.WriteAsync(buffer.AsMemory(0, read), ct);
                }
                catch (Exception exception) when (FileSystemFailure.Is(exception))
                {
                    throw translate(exception);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        try
        {
            File.SetLastWriteTimeUtc(_file.SafeFileHandle, modified);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (FileSystemFailure.Is(exception))
        {
            throw translate(exception);
        }
    }

    /// <summary>Closes the file, with a modification time later than that of the content it replaces. The caller holds the blob's lock.</summary>
    /// <param name="replaced">The modification time of the content that is replaced, if there is one.</param>
    public void Seal(DateTime? replaced)
    {
        if (replaced is { } before)
        {
            SetModifiedAfter(before);
        }

        _file.Dispose();
    }

    /// <summary>Puts the sealed file in the place of the blob. The caller holds the blob's lock and has checked the condition.</summary>
    /// <param name="target">The blob's path.</param>
    /// <remarks>A rename that may replace is the one move that is atomic on every file system: one that may not is a link, or even a copy.</remarks>
    public void MoveTo(string target)
    {
        File.Move(Path, target, overwrite: true);
        _published = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_published)
        {
            return;
        }

        try
        {
            File.Delete(Path);
        }
        catch (Exception exception) when (FileSystemFailure.Is(exception))
        {
            // The failure that brought us here is the one to report; this file is cleaned later as a leftover.
        }
    }

    /// <remarks>A file system rounds times to what it keeps. The step grows until the time that it kept is really later.</remarks>
    private void SetModifiedAfter(DateTime before)
    {
        var handle = _file.SafeFileHandle;
        if (File.GetLastWriteTimeUtc(handle) > before)
        {
            return;
        }

        for (var step = TimeSpan.FromTicks(1); step <= LongestStep; step *= 10)
        {
            File.SetLastWriteTimeUtc(handle, before + step);
            if (File.GetLastWriteTimeUtc(handle) > before)
            {
                _file.Flush(flushToDisk: true);
                return;
            }
        }

        throw new IOException("The file system does not keep modification times, which conditional writes need.");
    }
}
