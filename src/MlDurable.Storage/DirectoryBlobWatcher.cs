using System.Collections.Immutable;

namespace MlDurable.Storage;

/// <summary>Tells of files that appear or change in a container of a directory store, a short while after they have.</summary>
/// <remarks>
/// <para>It is a hint, never the truth: the operating system may drop changes, and some file systems report none at all. Whoever uses it lists the
/// container from time to time as well, and once whenever <c>onOverflow</c> is called.</para>
/// <para>Changes that follow each other are gathered for <c>gatherFor</c>, so that a file which is being written is told of once per that time and not once per
/// write. Folders are watched with everything below them, also those that are made later; what was put into a new folder before its watch began is found
/// by looking into the folder. On Linux each folder takes one of the user's inotify watches (<c>fs.inotify.max_user_watches</c>).</para>
/// <threadsafety>The callbacks come one at a time, from a thread of the pool.</threadsafety>
/// </remarks>
public sealed class DirectoryBlobWatcher : IDisposable
{
    /// <summary>Beyond so many different names in one gathering, listing is cheaper than being told.</summary>
    private const int MaxGathered = 10_000;

    private const int BufferBytes = 64 << 10;

    private readonly string container;
    private readonly string folder;
    private readonly Action<ImmutableArray<string>> onChanged;
    private readonly Action<string> onOverflow;
    private readonly TimeSpan gatherFor;
    private readonly FileSystemWatcher watcher;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Lock calling = new();
    private HashSet<string> gathered = new(StringComparer.Ordinal);
    private string? overflow;
    private bool gathering;
    private bool disposed;

    /// <summary>Begins to watch. The container's folder is made when it does not exist.</summary>
    /// <param name="root">The store's directory.</param>
    /// <param name="container">The container, for example <c>data</c>.</param>
    /// <param name="onChanged">Gets the full names of blobs that were made or changed and are files now.</param>
    /// <param name="onOverflow">Gets why changes may have been lost: list the container. Watching goes on where the operating system lets it.</param>
    /// <param name="gatherFor">How long changes are gathered after the first of them.</param>
    /// <param name="timeProvider">The clock of the gathering; the system's by default.</param>
    /// <exception cref="BlobStoreException">The directory cannot be watched.</exception>
    public DirectoryBlobWatcher(
        string root,
        string container,
        Action<ImmutableArray<string>> onChanged,
        Action<string> onOverflow,
        TimeSpan gatherFor,
        TimeProvider? timeProvider = null)
    {
        BlobName.RequirePrefix(container + "/");
        this.container = container;
        this.onChanged = onChanged;
        this.onOverflow = onOverflow;
        this.gatherFor = gatherFor;
        folder = Path.Combine(Path.GetFullPath(root), container);
        timer = (timeProvider ?? TimeProvider.System).CreateTimer(_ => Tell(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        watcher = new FileSystemWatcher
        {
            IncludeSubdirectories = true,
            InternalBufferSize = BufferBytes,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        watcher.Created += (_, change) => Gather(change.FullPath);
        watcher.Changed += (_, change) => Gather(change.FullPath);
        watcher.Renamed += (_, change) => Gather(change.FullPath);
        watcher.Error += (_, error) => Overflow(error.GetException().Message);
        try
        {
            Directory.CreateDirectory(folder);
            watcher.Path = folder;
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (FileSystemFailure.Is(exception))
        {
            Dispose();
            throw FileSystemFailure.Translate(exception, $"the directory {folder}", container);
        }
    }

    /// <summary>Ends the watch. No callback comes after it has returned.</summary>
    public void Dispose()
    {
        watcher.Dispose();
        timer.Dispose();
        lock (calling)
        {
            disposed = true;
        }
    }

    private void Gather(string path)
    {
        lock (gate)
        {
            if (gathered.Count < MaxGathered)
            {
                gathered.Add(path);
            }
            else
            {
                overflow ??= $"more than {MaxGathered} files changed at once";
            }

            StartTimer();
        }
    }

    private void Overflow(string reason)
    {
        lock (gate)
        {
            overflow ??= reason;
            StartTimer();
        }
    }

    /// <remarks>Later changes do not put the telling off: a file that never stops changing is told of all the same.</remarks>
    private void StartTimer()
    {
        if (!gathering)
        {
            gathering = true;
            timer.Change(gatherFor, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tell()
    {
        lock (calling)
        {
            HashSet<string> paths;
            string? lost;
            lock (gate)
            {
                (paths, gathered) = (gathered, new HashSet<string>(StringComparer.Ordinal));
                (lost, overflow) = (overflow, null);
                gathering = false;
            }

            if (disposed)
            {
                return;
            }

            var names = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var path in paths)
            {
                try
                {
                    names.UnionWith(NamesAt(path));
                }
                catch (Exception exception) when (FileSystemFailure.Is(exception))
                {
                    lost ??= exception.Message;
                }
            }

            if (names.Count > 0)
            {
                onChanged([.. names]);
            }

            if (lost is not null)
            {
                onOverflow(lost);
            }
        }
    }

    /// <summary>The blob at a path, or those in a folder that has appeared there.</summary>
    private IEnumerable<string> NamesAt(string path)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            return [];
        }

        var files = info.Exists
            ? [path]
            : Directory.Exists(path)
                ? Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
                : Enumerable.Empty<string>();
        return files
            .Select(file => $"{container}/{Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')}")
            .Where(name => BlobName.Problem(name) is null);
    }
}
