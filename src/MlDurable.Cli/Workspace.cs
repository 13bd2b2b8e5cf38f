using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Cli;

/// <summary>A store, and the local directory of the engine that works on it.</summary>
internal sealed class Workspace
{
    private const string DefaultDirectory = ".mldurable";

    private readonly Host host;

    private Workspace(IBlobStore store, string? storeDirectory, string journalDirectory, Host host)
    {
        Store = store;
        StoreDirectory = storeDirectory;
        JournalDirectory = journalDirectory;
        this.host = host;
    }

    public IBlobStore Store { get; }

    /// <summary>The store's directory; null when it is not a directory.</summary>
    public string? StoreDirectory { get; }

    /// <summary>Where the engine keeps its journal, its lock and its control socket: always a local disk.</summary>
    public string JournalDirectory { get; }

    public TimeProvider TimeProvider => host.TimeProvider;

    /// <summary>Opens a workspace; nothing is made or changed by it.</summary>
    /// <param name="store">A directory or a connection; null for the default directory in <paramref name="home"/>.</param>
    /// <param name="home">The directory of the pipeline file, or the current one.</param>
    /// <param name="host">What the command runs in.</param>
    /// <exception cref="BlobStoreException"><c>invalid-store</c>.</exception>
    public static Workspace Open(string? store, string home, Host host)
    {
        if (store is null || IsDirectory(store))
        {
            var directory = store is null ? Path.Combine(home, DefaultDirectory) : host.FullPath(store);
            return new Workspace(BlobStoreFactory.Open(directory), directory, Path.Combine(directory, "journal"), host);
        }

        return new Workspace(BlobStoreFactory.Open(store), null, Path.Combine(home, DefaultDirectory, "journal"), host);
    }

    /// <summary>Where a blob is: its absolute path on disk, or the store and its name.</summary>
    public string Locate(string blob) =>
        StoreDirectory is null ? $"{blob} in {Store.Description}" : Path.Combine(StoreDirectory, blob.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Whether an engine has worked here.</summary>
    public bool HasJournal => Directory.Exists(JournalDirectory);

    /// <summary>The process that owns the workspace now; null when there is none.</summary>
    public WorkspaceOwner? Owner() => HasJournal ? WorkspaceLock.Owner(JournalDirectory) : null;

    /// <summary>Opens the engine: takes the lock, recovers, and goes on with what was unfinished, unless <paramref name="paused"/>.</summary>
    /// <param name="paused">Only recover and answer: nothing runs.</param>
    /// <param name="observer">Told of every event from the first one; null for none.</param>
    /// <param name="cancellationToken">Gives up before the journal is read.</param>
    public Task<EmbeddedEngine> OpenEngineAsync(bool paused, CancellationToken cancellationToken, Action<EngineEvent>? observer = null) =>
        EmbeddedEngine.OpenAsync(
            FlowCatalog.Create(Store, TimeProvider),
            new EmbeddedEngineOptions { Directory = JournalDirectory, TimeProvider = TimeProvider, Paused = paused, Observer = observer },
            cancellationToken);

    /// <summary>Connection strings and addresses are told from paths by what no path of a person contains.</summary>
    private static bool IsDirectory(string store) =>
        !store.Contains("://", StringComparison.Ordinal)
        && !store.Contains("UseDevelopmentStorage=", StringComparison.OrdinalIgnoreCase)
        && !store.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
        && !store.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase);
}
