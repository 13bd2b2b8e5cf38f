using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Orchestration.Embedded;

/// <summary>
/// The durable engine of one process on local disk. What its client confirms is on disk; after a crash, opening it again continues
/// everything where it was. Activities run at least once; whatever else happens, happens once. Safe to use from several threads.
/// </summary>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    private readonly EngineCore _core;
    private readonly WorkspaceLock? _ownership;

    private EmbeddedEngine(EngineCore core, WorkspaceLock? ownership, int maxPayloadBytes)
    {
        _core = core;
        _ownership = ownership;
        Client = new EmbeddedClient(core, maxPayloadBytes);
    }

    /// <summary>Starts, watches and steers instances.</summary>
    public IOrchestrationClient Client { get; }

    /// <summary>
    /// Ends without an error when the engine is disposed; faults with an <see cref="OrchestrationException"/> when it had to stop:
    /// <see cref="EmbeddedErrorCodes.JournalWriteFailed"/>, <see cref="EmbeddedErrorCodes.JournalCorrupt"/> (found by compaction),
    /// <see cref="EmbeddedErrorCodes.ObserverFailed"/> or <see cref="EmbeddedErrorCodes.InternalError"/>. A stopped engine answers every
    /// call with that error; dispose it and open another one.
    /// </summary>
    public Task Completion => _core.Completion;

    /// <summary>
    /// For how long the activity that has waited longest for a slot waits by now; <see langword="null"/> when none waits. One that grows without end
    /// says that slots are too few, or held by what hangs. Safe to read from any thread.
    /// </summary>
    public TimeSpan? LongestWait => _core.LongestWait;

    /// <summary>When the first timer is due, or null when there is none.</summary>
    internal DateTimeOffset? NextDue => _core.NextDue;

    /// <summary>Whether nothing is under way, so that the engine waits for time or its clients.</summary>
    internal bool IsIdle => _core.IsIdle;

    /// <summary>Ends when all that has happened so far is on disk.</summary>
    internal Task FlushAsync() => _core.FlushAsync();

    /// <summary>
    /// Tells what happens, one event at a time, in order, on a thread of its own; nothing is told of a replay, and nothing that is not on disk
    /// except progress. A handler must not throw: the engine then stops with <see cref="EmbeddedErrorCodes.ObserverFailed"/>.
    /// </summary>
    public event Action<EngineEvent>? Observed
    {
        add => _core.Observers.Observed += value;
        remove => _core.Observers.Observed -= value;
    }

    /// <summary>Takes the workspace lock, reads the journal and continues everything that is unfinished.</summary>
    /// <param name="catalog">What this process can run; it must not change any more.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellationToken">Gives up before the journal is read.</param>
    /// <returns>The running engine.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="EmbeddedErrorCodes.WorkspaceOwned"/>, <see cref="EmbeddedErrorCodes.WorkspaceUnusable"/>,
    /// <see cref="EmbeddedErrorCodes.JournalCorrupt"/> or <see cref="EmbeddedErrorCodes.JournalWriteFailed"/>.
    /// </exception>
    public static async Task<EmbeddedEngine> OpenAsync(
        OrchestrationCatalog catalog, EmbeddedEngineOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();

        // Reading a long journal is work for the processor; the caller's thread may be a user interface's. A simulation has no other.
        if (options.Post is null)
        {
            return await Task.Run(() => Open(catalog, options), cancellationToken);
        }

        return Open(catalog, options);
    }

    /// <summary>
    /// Closes in order: activities are cancelled and awaited for <see cref="EmbeddedEngineOptions.CloseTimeout"/>, and run again at the next
    /// opening, which does not count as a crash.
    /// </summary>
    /// <returns>A task that ends when everything is on disk and the workspace is free.</returns>
    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _ownership?.Dispose();
    }

    private static EmbeddedEngine Open(OrchestrationCatalog catalog, EmbeddedEngineOptions options)
    {
        // Tests bring a directory in memory, which has no other owner.
        var ownership = options.Files is null ? WorkspaceLock.Acquire(options.Directory) : null;
        var directory = options.Files ?? new DiskJournalDirectory(Path.GetFullPath(options.Directory));
        try
        {
            return new(new(catalog, options, directory), ownership, options.MaxPayloadBytes);
        }
        catch (Exception exception)
        {
            ownership?.Dispose();
            throw exception is IOException or UnauthorizedAccessException
                ? Journal.JournalErrors.WriteFailed(directory, exception)
                : exception;
        }
    }
}
