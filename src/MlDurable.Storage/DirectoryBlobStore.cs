using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;

namespace MlDurable.Storage;

/// <summary>A blob store in a local directory: one folder per container, one plain file per blob.</summary>
/// <remarks>
/// <para>Files that people or tools put into a container's folder are blobs like any other; the store keeps nothing beside them but lock files
/// in <c>.mldurable-tmp</c> of the root and the files being written in <c>.mldurable-tmp</c> of each container.</para>
/// <para>The ETag is the file's length and modification time. A writer always gives a later time than the content had which it replaces, so an ETag
/// comes back only if a blob is deleted, the clock is set back, and the blob is made again at exactly the former instant. An edit in place by another program
/// is seen when it changes the length or the time.</para>
/// <para>Symbolic links below the root are never followed: reading one is refused, and so is listing over one. The root itself may be a link.</para>
/// <para>On this store a blob cannot also be the folder of other blobs. On a file system that ignores case, names that differ only in case are one
/// blob. The root must be on one machine: the locks of some network file systems do not reach other machines.</para>
/// <para>On Windows a blob that is being read cannot be replaced or deleted until the reader is disposed of.</para>
/// <threadsafety>All members may be called from any thread; any number of stores and processes may use one root.</threadsafety>
/// </remarks>
public sealed class DirectoryBlobStore : IBlobStore
{
    private const int MostAttempts = 100;

    private readonly string _root;
    private readonly TimeProvider _timeProvider;
    private readonly Func<string, FileStream> _openStaged;
    private readonly StoreLocks _locks;
    private readonly ConcurrentDictionary<string, bool> _cleanedContainers = new(StringComparer.Ordinal);

    /// <summary>Names a store. Nothing is made or checked before it is used; the first write makes the directory.</summary>
    /// <param name="root">The directory. A relative path is taken from the current directory.</param>
    /// <param name="timeProvider">The clock of modification times; the system's by default.</param>
    public DirectoryBlobStore(string root, TimeProvider? timeProvider = null)
        : this(root, timeProvider, StagedFile.OpenNew)
    {
    }

    internal DirectoryBlobStore(string root, TimeProvider? timeProvider, Func<string, FileStream> openStaged)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _timeProvider = timeProvider ?? TimeProvider.System;
        _openStaged = openStaged;
        Description = $"the directory {_root}";
        _locks = new StoreLocks(Path.Combine(_root, BlobName.ReservedSuffix), Description);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default)
    {
        BlobName.Require(name);
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(Guarded(name, () => Find(name)));
    }

    /// <inheritdoc/>
    public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default)
    {
        BlobName.Require(name);
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(Guarded(name, () => Open(name, ifMatch)));
    }

    /// <inheritdoc/>
    public async Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default)
    {
        BlobName.Require(name);

        // The answer that counts is given under the lock; this one saves copying a content that cannot be wanted.
        _ = Guarded(name, () => RequireCondition(name, condition));
        var container = BlobName.Split(name).Container;
        using var staged = Guarded(name, () => Stage(container));
        await staged.FillAsync(
            content, _timeProvider.GetUtcNow().UtcDateTime, exception => FileSystemFailure.Translate(exception, Description, name), ct);
        using (await LockAsync(name, ct))
        {
            return Guarded(name, () => Publish(name, staged, condition));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default)
    {
        BlobName.Require(name);
        condition.RequireFitForDelete();
        if (Guarded(name, () => Find(name)) is null)
        {
            return false;
        }

        using (await LockAsync(name, ct))
        {
            return Guarded(name, () => Delete(name, condition));
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default)
    {
        BlobName.RequirePrefix(prefix);
        return ListCoreAsync(prefix, startAfter, ct);
    }

    private async IAsyncEnumerable<BlobProperties> ListCoreAsync(
        string prefix, string? startAfter, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var open = new Stack<Queue<Entry>>();
        var first = prefix[..(prefix.LastIndexOf('/') + 1)];
        open.Push(await EntriesAsync(first, prefix, startAfter, ct));
        while (open.TryPeek(out var entries))
        {
            ct.ThrowIfCancellationRequested();
            if (!entries.TryDequeue(out var entry))
            {
                open.Pop();
            }
            else if (entry.IsFolder)
            {
                open.Push(await EntriesAsync(entry.Key, prefix, startAfter, ct));
            }
            else if (Guarded(entry.Key, () => Find(entry.Key)) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <remarks>A large folder takes a while to read, so it is read on another thread. Its names are held in memory while it is listed.</remarks>
    private Task<Queue<Entry>> EntriesAsync(string folder, string prefix, string? startAfter, CancellationToken ct) =>
        Task.Run(() => Guarded(folder, () => Entries(folder, prefix, startAfter)), ct);

    private Queue<Entry> Entries(string folder, string prefix, string? startAfter)
    {
        // Nothing is skipped silently: by default hidden and system files are.
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        RequireNoLink(folder.TrimEnd('/'));
        var path = PathOf(folder);
        try
        {
            var found = new FileSystemEnumerable<Entry>(
                path,
                (ref FileSystemEntry entry) => new Entry(
                    $"{folder}{entry.FileName}{(entry.IsDirectory ? "/" : string.Empty)}",
                    entry.IsDirectory,
                    entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
                options);

            // A folder sorts as its name and the slash that follows: "a-b" comes before "a/b".
            var wanted = found
                .Where(entry => !entry.IsReserved && Concerns(entry, prefix, startAfter))
                .OrderBy(entry => entry.Key, StringComparer.Ordinal);
            var entries = new Queue<Entry>(wanted);
            foreach (var entry in entries)
            {
                RequireListable(entry);
            }

            return entries;
        }
        catch (IOException exception) when (exception is DirectoryNotFoundException || File.Exists(path))
        {
            // Never written to, deleted since its parent was read, or a blob and no folder.
            return [];
        }
    }

    private static bool Concerns(Entry entry, string prefix, string? startAfter)
    {
        if (!entry.Key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        return startAfter is null
            || string.CompareOrdinal(entry.Key, startAfter) > 0
            || (entry.IsFolder && startAfter.StartsWith(entry.Key, StringComparison.Ordinal));
    }

    private void RequireListable(Entry entry)
    {
        var name = entry.Key.TrimEnd('/');
        if (entry.IsLink)
        {
            throw LinkRefused(name);
        }

        if (BlobName.Problem(name) is { } problem)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.InvalidBlobName, $"'{name}' in {Description} cannot be a blob: {problem}. Rename it or move it away.", name);
        }
    }

    private BlobProperties? Find(string name)
    {
        RequireNoLink(name);
        var file = new FileInfo(PathOf(name));
        try
        {
            return FileProperties.Of(name, file);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private BlobReader Open(string name, string? ifMatch)
    {
        RequireNoLink(name);
        FileStream? file = OpenFile(name);
        try
        {
            // A replacement is a new file: the handle keeps the old one, and what it says of length and time is true of what it reads.
            var properties = FileProperties.Of(name, file);
            if (ifMatch is not null && ifMatch != properties.ETag)
            {
                throw new BlobStoreException(
                    BlobStoreErrorCodes.BlobChanged, $"'{name}' in {Description} has changed: it was {ifMatch} and is {properties.ETag}.", name);
            }

            var content = new FileContentStream(file, properties, Description);
            file = null;
            return new BlobReader(properties, content);
        }
        finally
        {
            file?.Dispose();
        }
    }

    private FileStream OpenFile(string name)
    {
        var path = PathOf(name);
        try
        {
            return new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0,
                FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (
            exception is FileNotFoundException or DirectoryNotFoundException || (exception is UnauthorizedAccessException && Directory.Exists(path)))
        {
            throw new BlobStoreException(BlobStoreErrorCodes.BlobNotFound, $"There is no '{name}' in {Description}.", name, exception);
        }
    }

    private BlobProperties? RequireCondition(string name, BlobCondition condition)
    {
        var found = Find(name);
        var holds = condition.MustBeAbsent
            ? found is null
            : condition.ETag is null || condition.ETag == found?.ETag;
        return holds ? found : throw condition.Failed(name, Description);
    }

    private StagedFile Stage(string container)
    {
        RequireNoLink(container);
        MakeFolder(container);
        var folder = Path.Combine(_root, container, StagedFile.FolderName);
        if (_cleanedContainers.TryAdd(container, value: true))
        {
            StagedFile.DeleteLeftovers(folder, _timeProvider.GetUtcNow().UtcDateTime);
        }

        return StagedFile.Create(folder, _openStaged);
    }

    private BlobProperties Publish(string name, StagedFile staged, BlobCondition condition)
    {
        var path = PathOf(name);
        var replaced = RequireCondition(name, condition);
        RequireNoFolder(name, path);
        var folder = name[..name.LastIndexOf('/')];
        staged.Seal(replaced?.LastModified.UtcDateTime);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                MakeFolder(folder);
                staged.MoveTo(path);
                break;
            }
            catch (IOException exception) when (exception is DirectoryNotFoundException or FileNotFoundException && attempt < MostAttempts)
            {
                // A delete of another blob has just removed the folder that it emptied.
            }
        }

        DirectorySync.Flush(PathOf(folder));
        return Find(name)
            ?? throw new IOException($"'{path}' was removed by another program as soon as it was written.");
    }

    private void RequireNoFolder(string name, string path)
    {
        if (Directory.Exists(path))
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.InvalidBlobName, $"'{name}' is a folder of blobs in {Description}, so it cannot be a blob too. Use another name.", name);
        }
    }

    private bool Delete(string name, BlobCondition condition)
    {
        var path = PathOf(name);
        if (Find(name) is null)
        {
            return false;
        }

        _ = RequireCondition(name, condition);
        File.Delete(path);
        FlushNearest(name[..name.LastIndexOf('/')]);
        RemoveEmptyFolders(name);
        return true;
    }

    /// <remarks>The folder may be gone already, with the delete of another blob: then its own removal is what must be durable.</remarks>
    private void FlushNearest(string folder)
    {
        while (true)
        {
            try
            {
                DirectorySync.Flush(PathOf(folder));
                return;
            }
            catch (DirectoryNotFoundException) when (folder.Contains('/', StringComparison.Ordinal))
            {
                folder = folder[..folder.LastIndexOf('/')];
            }
        }
    }

    /// <summary>Removes the folders above a deleted blob that hold nothing any more, but not the container.</summary>
    private void RemoveEmptyFolders(string name)
    {
        var slash = name.LastIndexOf('/');
        while (name.IndexOf('/', StringComparison.Ordinal) < slash)
        {
            try
            {
                Directory.Delete(PathOf(name[..slash]));
            }
            catch (Exception exception) when (FileSystemFailure.Is(exception))
            {
                // It is not empty, or gone already, or may not be removed: an empty folder does no harm.
                return;
            }

            slash = name.LastIndexOf('/', slash - 1);
        }
    }

    /// <summary>Makes a folder of blobs and flushes each directory that got a new entry.</summary>
    private void MakeFolder(string folder)
    {
        var path = PathOf(folder);
        if (Directory.Exists(path))
        {
            return;
        }

        var changed = new Stack<string>();
        for (var parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            changed.Push(parent);
            if (Directory.Exists(parent))
            {
                break;
            }
        }

        for (var end = folder.IndexOf('/', StringComparison.Ordinal); end >= 0; end = folder.IndexOf('/', end + 1))
        {
            RequireNoBlob(folder[..end]);
        }

        RequireNoBlob(folder);
        Directory.CreateDirectory(path);
        foreach (var directory in changed)
        {
            DirectorySync.Flush(directory);
        }
    }

    private void RequireNoBlob(string folder)
    {
        if (File.Exists(PathOf(folder)))
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.InvalidBlobName, $"'{folder}' is a blob in {Description}, so it cannot be a folder of blobs too. Use another name.", folder);
        }
    }

    /// <summary>Refuses a name that a symbolic link below the root would lead elsewhere.</summary>
    private void RequireNoLink(string name)
    {
        for (var end = name.IndexOf('/', StringComparison.Ordinal); end >= 0; end = name.IndexOf('/', end + 1))
        {
            RequireNotLink(name[..end]);
        }

        RequireNotLink(name);
    }

    private void RequireNotLink(string name)
    {
        if (new FileInfo(PathOf(name)).LinkTarget is not null)
        {
            throw LinkRefused(name);
        }
    }

    private BlobStoreException LinkRefused(string name) => new(
        BlobStoreErrorCodes.StoreDenied,
        $"'{name}' in {Description} is a symbolic link, and a store does not follow links. Put a copy of the file or folder there.",
        name);

    private async Task<IDisposable> LockAsync(string name, CancellationToken ct)
    {
        try
        {
            return await _locks.AcquireAsync(name, ct);
        }
        catch (Exception exception) when (FileSystemFailure.Is(exception))
        {
            throw FileSystemFailure.Translate(exception, Description, name);
        }
    }

    private T Guarded<T>(string name, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception exception) when (FileSystemFailure.Is(exception))
        {
            throw FileSystemFailure.Translate(exception, Description, name);
        }
    }

    /// <summary>The path of a valid name, or of a folder of blobs.</summary>
    private string PathOf(string name) => Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));

    /// <param name="Key">The full name; a folder's ends with a slash.</param>
    /// <param name="IsFolder">Whether it is a folder.</param>
    /// <param name="IsLink">Whether it is a symbolic link.</param>
    private readonly record struct Entry(string Key, bool IsFolder, bool IsLink)
    {
        public bool IsReserved => Key.AsSpan().TrimEnd('/').EndsWith(BlobName.ReservedSuffix, StringComparison.OrdinalIgnoreCase);
    }
}
