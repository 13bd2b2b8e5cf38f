using MlDurable.Cli.Output;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Cli;

/// <summary>A store, and the local directory of the engine that works on it.</summary>
internal sealed class Workspace
{
    private const string DefaultDirectory = ".mldurable";

    /// <summary>How long the engine keeps what has ended; the records in the store stay.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    private readonly string? given;
    private readonly Host host;

    private Workspace(string? given, IBlobStore store, string? storeDirectory, string journalDirectory, Host host)
    {
        this.given = given;
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

    /// <summary>
    /// The lasting name of the journal here, which tells its runs from those of other machines on the same store. A store that is a directory
    /// holds its one journal, also when it is moved; another has a name of its own beside the journal, made at first use.
    /// </summary>
    public string EngineName => StoreDirectory is null ? NameOfJournal() : "workspace";

    /// <summary>Opens a workspace; nothing is made or changed by it.</summary>
    /// <param name="store">A directory or a connection; null for the default directory in <paramref name="home"/>.</param>
    /// <param name="home">The directory of the pipeline file, or the current one.</param>
    /// <param name="host">What the command runs in.</param>
    /// <exception cref="BlobStoreException"><c>invalid-store</c>.</exception>
    public static Workspace Open(string? store, string home, Host host)
    {
        return DirectoryOf(store, home, host) is { } directory
            ? new Workspace(store, BlobStoreFactory.Open(directory), directory, Path.Combine(directory, "journal"), host)
            : new Workspace(store, BlobStoreFactory.Open(store!), null, Path.Combine(home, DefaultDirectory, "journal"), host);
    }

    /// <summary>Where the workspace is, for people; a directory that is not there is said to be missing, since the path may be a mistake.</summary>
    public string Place => StoreDirectory is null || Directory.Exists(StoreDirectory) ? Store.Description : $"{Store.Description}, which is not there yet";

    /// <summary>What a command in a message needs to find this workspace when it is copied: nothing, or <c> --store DIR</c>.</summary>
    /// <param name="pipelineFile">The pipeline file that the command takes; null when it takes none.</param>
    /// <remarks>A connection may hold a key and is not repeated.</remarks>
    public string StoreOption(string? pipelineFile = null)
    {
        var inherited = host.DefaultStore;
        if (StoreDirectory is null)
        {
            return given == inherited ? "" : " --store CONNECTION";
        }

        if (DirectoryOf(inherited, host.HomeOf(pipelineFile), host) == StoreDirectory)
        {
            return "";
        }

        var relative = Path.GetRelativePath(host.Directory, StoreDirectory);
        return $" --store {Shell.Quote(relative.StartsWith("..", StringComparison.Ordinal) ? StoreDirectory : relative)}";
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
    /// <param name="approvals">The key and the address of one-time links; null for none.</param>
    /// <param name="cancellationToken">Gives up before the journal is read.</param>
    public Task<EmbeddedEngine> OpenEngineAsync(
        bool paused, CancellationToken cancellationToken, Action<EngineEvent>? observer = null, ApprovalOptions? approvals = null) =>
        EmbeddedEngine.OpenAsync(
            FlowCatalog.Create(Store, TimeProvider, approvals),
            new EmbeddedEngineOptions { Directory = JournalDirectory, TimeProvider = TimeProvider, Paused = paused, Observer = observer, Retention = Retention },
            cancellationToken);

    /// <summary>Starts, finds and ends the runs of an engine that is open here.</summary>
    public RunLauncher LauncherOf(EmbeddedEngine engine) => new(Store, engine.Client, EngineName, TimeProvider);

    private string NameOfJournal()
    {
        var file = Path.Combine(Path.GetDirectoryName(JournalDirectory)!, "engine-name");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var own = $"{file}.{Guid.NewGuid():N}";
            File.WriteAllText(own, $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid().ToString("N")[..8]}");
            try
            {
                File.Move(own, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                // Another process named it first; its name holds.
                File.Delete(own);
            }
        }

        return File.ReadAllText(file).Trim();
    }

    /// <summary>The directory that a store is; null when it is none.</summary>
    private static string? DirectoryOf(string? store, string home, Host host) => store switch
    {
        null => Path.Combine(home, DefaultDirectory),
        _ when IsDirectory(store) => host.FullPath(store),
        _ => null,
    };

    /// <summary>Connection strings and addresses are told from paths by what no path of a person contains.</summary>
    private static bool IsDirectory(string store) =>
        !store.Contains("://", StringComparison.Ordinal)
        && !store.Contains("UseDevelopmentStorage=", StringComparison.OrdinalIgnoreCase)
        && !store.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
        && !store.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase);
}
