using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using MlDurable.Pipelines.Registry;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Serving;

/// <summary>Keeps the versions that are asked for in memory, ready to predict, and follows the aliases of the registry.</summary>
/// <remarks>
/// <para>A request takes a snapshot and never waits for a change of it: when an alias moves, the new version is read aside and put in place whole, and
/// requests that hold the old one finish with it. Of requests that come together for a version that is not there yet, one reads and all wait.</para>
/// <para>When the registry or the new version cannot be read, the last good version stays, with the reason and the instant of the last good look.</para>
/// <threadsafety>All members may be called at once from any number of threads.</threadsafety>
/// </remarks>
public sealed class ServedModels : IDisposable
{
    private const int MaxNameLength = 64;
    private const int MaxUnknown = 256;

    private readonly ConcurrentDictionary<(string Model, string Selector), Entry> entries = new();
    private readonly CancellationTokenSource disposal = new();
    private readonly IBlobStore store;
    private readonly ModelRegistry registry;
    private readonly TimeProvider timeProvider;
    private readonly ServedModelsOptions options;
    private readonly ITimer timer;

    /// <summary>Starts with no model in memory.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="timeProvider">The clock and its timers.</param>
    /// <param name="options">How models are kept; null for the defaults.</param>
    public ServedModels(IBlobStore store, TimeProvider timeProvider, ServedModelsOptions? options = null)
    {
        this.store = store;
        this.timeProvider = timeProvider;
        this.options = options ?? new ServedModelsOptions();
        registry = new ModelRegistry(store, timeProvider);
        timer = timeProvider.CreateTimer(_ => Poll(), null, this.options.PollInterval, this.options.PollInterval);
    }

    /// <summary>What is in memory, in no order.</summary>
    public IReadOnlyList<ServedModel> Loaded => [.. entries.Values.Select(entry => entry.Current).OfType<ServedModel>()];

    /// <summary>A model that is ready to predict.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="selector">An alias, or a version's number. Default: the champion.</param>
    /// <param name="cancellationToken">Stops waiting; the model is read on for others.</param>
    /// <exception cref="PipelineException"><c>model-not-found</c> or <c>version-not-found</c>; <c>version-incomplete</c>, <c>model-changed</c> or
    /// <c>schema-missing</c>: the version cannot be used.</exception>
    /// <exception cref="BlobStoreException">The store cannot be read, and the model is not in memory.</exception>
    public ValueTask<ServedModel> GetAsync(
        string model, string selector = RegistryDocument.Champion, CancellationToken cancellationToken = default)
    {
        if (entries.TryGetValue((model, selector), out var entry) && entry.Current is { } current)
        {
            entry.LastUsed = timeProvider.GetTimestamp();
            return new ValueTask<ServedModel>(current);
        }

        return new ValueTask<ServedModel>(LoadAsync(model, selector, cancellationToken));
    }

    /// <summary>Looks at the registry at once, because an alias may have moved. When it returns, requests see what the registry says now.</summary>
    /// <param name="model">The model; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task RefreshAsync(string? model = null, CancellationToken cancellationToken = default) =>
        Task.WhenAll(entries.Values.Where(entry => entry.FollowsAlias && (model is null || entry.Model == model)).Select(RefreshAfreshAsync))
            .WaitAsync(cancellationToken);

    /// <summary>Stops following the registry. What was handed out stays usable.</summary>
    public void Dispose()
    {
        timer.Dispose();
        disposal.Cancel();
        disposal.Dispose();
    }

    private async Task<ServedModel> LoadAsync(string model, string selector, CancellationToken cancellationToken)
    {
        if (!IsName(model) || !IsName(selector))
        {
            throw new PipelineException(
                "model-not-found", $"there is no model of that name; a name is of at most {MaxNameLength} letters, digits, hyphens, underscores and full stops");
        }

        var entry = entries.GetOrAdd((model, selector), _ => new Entry(model, selector));
        entry.LastUsed = timeProvider.GetTimestamp();
        if (entry.Failure is not { } failure || timeProvider.GetElapsedTime(failure.At) >= options.FailureTime)
        {
            await RefreshAsync(entry, isForFirst: true).WaitAsync(cancellationToken);
        }

        if (entry.Current is null)
        {
            TrimUnknown();
            entry.Failure!.Exception.Throw();
        }

        Trim();
        return entry.Current!;
    }

    /// <summary>A look that began before this call may have seen the registry of before, so it is waited for and followed by another.</summary>
    private async Task RefreshAfreshAsync(Entry entry)
    {
        if (entry.Refreshing is { } earlier)
        {
            await earlier;
        }

        await RefreshAsync(entry);
    }

    /// <summary>Never fails: the entry holds what came of it.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isForFirst">Whether nothing is to be read when somebody has read it meanwhile.</param>
    private Task RefreshAsync(Entry entry, bool isForFirst = false)
    {
        lock (entry)
        {
            if (isForFirst && entry.Current is not null)
            {
                return Task.CompletedTask;
            }

            return entry.Refreshing is { IsCompleted: false } running ? running : entry.Refreshing = Task.Run(() => ReadAsync(entry));
        }
    }

    private async Task ReadAsync(Entry entry)
    {
        try
        {
            var cancellationToken = disposal.Token;
            var document = await registry.ReadAsync(entry.Model, cancellationToken);
            var version = document.Versions.IsEmpty
                ? throw new PipelineException("model-not-found", $"there is no model '{entry.Model}' in {store.Description}")
                : entry.FollowsAlias ? document.VersionAt(entry.Selector) : document.VersionOf(entry.Selector);
            var predictor = Loaded.FirstOrDefault(
                    loaded => loaded.Model == entry.Model && loaded.Version == version.Number && loaded.Predictor.Version.ModelHash == version.ModelHash)?.Predictor
                ?? await OpenAsync(entry.Model, version, cancellationToken);
            entry.Current = new ServedModel(entry.Model, entry.Selector, predictor, timeProvider.GetUtcNow(), StaleReason: null);
            entry.Failure = null;
        }
        catch (Exception exception)
        {
            if (entry.Current is { } kept)
            {
                entry.Current = kept with { StaleReason = exception.Message };
            }
            else
            {
                entry.Failure = new Failure(ExceptionDispatchInfo.Capture(exception), timeProvider.GetTimestamp());
            }
        }
    }

    /// <summary>Reads a version and scores an empty row with it, so that the first request finds everything prepared.</summary>
    private async Task<Predictor> OpenAsync(string model, ModelVersion version, CancellationToken cancellationToken)
    {
        var predictor = await Predictor.OpenAsync(store, model, version, cancellationToken);
        var row = predictor.Rows.NewRow();
        for (var column = 0; column < predictor.Rows.Columns.Length; column++)
        {
            row.SetMissing(column);
        }

        row.Predict(new double[predictor.Rows.Model.Target.OutputCount]);
        return predictor;
    }

    private void Poll()
    {
        foreach (var (key, entry) in entries)
        {
            if (timeProvider.GetElapsedTime(entry.LastUsed) >= options.IdleTime)
            {
                entries.TryRemove(KeyValuePair.Create(key, entry));
            }
            else if (entry.FollowsAlias && entry.Current is not null)
            {
                _ = RefreshAsync(entry);
            }
        }
    }

    /// <summary>Drops what was used least recently until the versions in memory are within the limit.</summary>
    private void Trim()
    {
        var kept = new HashSet<(string, int)>();
        foreach (var (key, entry) in entries.OrderByDescending(pair => pair.Value.LastUsed))
        {
            if (entry.Current is { } current && !kept.Contains((current.Model, current.Version)) && (kept.Count == options.MaxVersions || !kept.Add((current.Model, current.Version))))
            {
                entries.TryRemove(KeyValuePair.Create(key, entry));
            }
        }
    }

    private void TrimUnknown()
    {
        if (entries.Count > MaxUnknown + options.MaxVersions)
        {
            foreach (var pair in entries.Where(pair => pair.Value.Current is null))
            {
                entries.TryRemove(pair);
            }
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name[0] != '.' && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private sealed record Failure(ExceptionDispatchInfo Exception, long At);

    private sealed class Entry(string model, string selector)
    {
        private volatile ServedModel? current;
        private volatile Failure? failure;
        private volatile Task? refreshing;
        private long lastUsed;

        public string Model => model;

        public string Selector => selector;

        public bool FollowsAlias { get; } = !selector.All(char.IsAsciiDigit);

        public ServedModel? Current
        {
            get => current;
            set => current = value;
        }

        public Failure? Failure
        {
            get => failure;
            set => failure = value;
        }

        public Task? Refreshing
        {
            get => refreshing;
            set => refreshing = value;
        }

        public long LastUsed
        {
            get => Volatile.Read(ref lastUsed);
            set => Volatile.Write(ref lastUsed, value);
        }
    }
}
