using System.Collections.Concurrent;
using System.Collections.Immutable;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>
/// The <c>data</c> trigger of all deployed pipelines: a new or changed blob is given to exactly one run of each pipeline that it concerns, however often it is
/// told of, by notifications or a listing, on however many hosts, and whatever crashes.
/// </summary>
/// <remarks>
/// <para>A blob's identity is its name and ETag. A host calls <see cref="NotifyAsync"/> with what it hears, <see cref="TickAsync(CancellationToken)"/> every second or so, and
/// <see cref="ReconcileAsync"/> once per interval; all state is in the store.</para>
/// <para>An error of one pipeline does not keep the others from their turn; it is thrown at the end, and what it left undone is done by the next call.</para>
/// <threadsafety>Members may be called at once from any number of threads, and by any number of hosts that share the store.</threadsafety>
/// </remarks>
public sealed class DataWatch
{
    private const int BlobsPerAppend = 4_000;

    private readonly IBlobStore store;
    private readonly IRunStarter starter;
    private readonly ClaimStore claims;
    private readonly TimeProvider timeProvider;
    private readonly DataWatchOptions options;
    private readonly Func<CancellationToken, Task<IReadOnlyList<PipelineSource>>> deployed;
    private readonly ConcurrentDictionary<string, Turns> turns = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private ImmutableArray<DataWatchPipeline> pipelines = [];
    private DateTimeOffset? readAt;
    private List<WaitingBlob> arriving = [];
    private TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool appending;
    private ImmutableArray<Exception> unreadable = [];

    /// <summary>Watches the data of the pipelines that are deployed to a store.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="deployments">Its deployments.</param>
    /// <param name="starter">Starts the runs.</param>
    /// <param name="claims">The claims of this host.</param>
    /// <param name="options">Settings.</param>
    /// <param name="timeProvider">The clock of quiet periods.</param>
    public DataWatch(
        IBlobStore store, PipelineDeployments deployments, IRunStarter starter, ClaimStore claims, DataWatchOptions options, TimeProvider timeProvider)
        : this(store, _ => Task.FromResult<IReadOnlyList<PipelineSource>>([]), starter, claims, options, timeProvider) =>
        deployed = token => ReadAsync(deployments, token);

    /// <summary>Watches the data of given pipelines.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="deployed">Gives the pipelines; those without a data trigger are left out.</param>
    /// <param name="starter">Starts the runs.</param>
    /// <param name="claims">The claims of this host.</param>
    /// <param name="options">Settings.</param>
    /// <param name="timeProvider">The clock of quiet periods.</param>
    public DataWatch(
        IBlobStore store,
        Func<CancellationToken, Task<IReadOnlyList<PipelineSource>>> deployed,
        IRunStarter starter,
        ClaimStore claims,
        DataWatchOptions options,
        TimeProvider timeProvider)
    {
        this.store = store;
        this.deployed = deployed;
        this.starter = starter;
        this.claims = claims;
        this.options = options;
        this.timeProvider = timeProvider;
    }

    /// <summary>Takes in word of new and changed blobs. The notifications of all callers that wait at the same moment are written together.</summary>
    /// <param name="notifications">What was heard; duplicates, late ones and those of blobs that concern no pipeline do no harm.</param>
    /// <param name="cancellationToken">Ends the waiting; what is being written is written.</param>
    /// <returns>
    /// Done when the notifications are durable: from then on their blobs are given to a run after any crash. With a quiet period of 0 the run is started before
    /// it is done. When it fails, repeat it; when it is given up, the next listing finds the blobs.
    /// </returns>
    public async Task NotifyAsync(IReadOnlyCollection<DataNotification> notifications, CancellationToken cancellationToken = default)
    {
        var concerned = await PipelinesAsync(options.DeploymentsFor, cancellationToken);
        var blobs = await ResolveAsync(notifications, concerned, cancellationToken);
        if (blobs.Count == 0)
        {
            return;
        }

        await AppendTogetherAsync(blobs).WaitAsync(cancellationToken);
        await ForEachAsync(
            concerned.Where(pipeline => pipeline.StartsAtOnce && blobs.Exists(blob => pipeline.Concerns(blob.Name, blob.Length))),
            [],
            pipeline => TickAsync(pipeline).WaitAsync(cancellationToken));
    }

    /// <summary>Starts the runs that are due. Also continues what a crash has cut off.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="AggregateException">What went wrong, for each pipeline where something did.</exception>
    public async Task TickAsync(CancellationToken cancellationToken = default) =>
        await ForEachAsync(
            await PipelinesAsync(TimeSpan.Zero, cancellationToken), unreadable, pipeline => TickAsync(pipeline).WaitAsync(cancellationToken));

    /// <summary>
    /// Lists the next page of each pipeline's data, from where the last call of any host stopped, and takes in the blobs that no notification told of. After the
    /// last page the next call begins anew.
    /// </summary>
    /// <param name="cancellationToken">Cancels the listing; it goes on where the last finished page ended.</param>
    /// <exception cref="AggregateException">What went wrong, for each pipeline where something did.</exception>
    public async Task ReconcileAsync(CancellationToken cancellationToken = default) => await ForEachAsync(
        await PipelinesAsync(TimeSpan.Zero, cancellationToken),
        unreadable,
        async pipeline =>
        {
            await pipeline.ReconcileAsync(cancellationToken);
            await TickAsync(pipeline).WaitAsync(cancellationToken);
        });

    /// <summary>What is known about a pipeline's data; null when no deployed pipeline of this name has a data trigger.</summary>
    public async Task<DataWatchState?> StateAsync(string pipeline, CancellationToken cancellationToken = default) =>
        (await PipelinesAsync(TimeSpan.Zero, cancellationToken)).FirstOrDefault(known => known.Pipeline.Definition.Name == pipeline) is { } found
            ? await found.StateAsync(cancellationToken)
            : null;

    /// <summary>Reads what is deployed; a pipeline that this version cannot read leaves the others their turn.</summary>
    private async Task<IReadOnlyList<PipelineSource>> ReadAsync(PipelineDeployments deployments, CancellationToken cancellationToken)
    {
        var sources = new List<PipelineSource>();
        var failures = new List<Exception>();
        await foreach (var deployment in deployments.ListAsync(cancellationToken))
        {
            if (turns.TryGetValue(deployment.Name, out var turn) && turn.Source?.Hash == deployment.Hash)
            {
                sources.Add(turn.Source);
                continue;
            }

            try
            {
                sources.Add(await deployments.ReadAsync(deployment, cancellationToken: cancellationToken));
            }
            catch (PipelineException exception)
            {
                failures.Add(exception);
            }
        }

        lock (gate)
        {
            unreadable = [.. failures];
        }

        return sources;
    }

    private static async Task ForEachAsync(IEnumerable<DataWatchPipeline> pipelines, ImmutableArray<Exception> before, Func<DataWatchPipeline, Task> act)
    {
        var failures = before.ToList();
        foreach (var pipeline in pipelines)
        {
            try
            {
                await act(pipeline);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                failures.Add(exception);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private async Task<ImmutableArray<DataWatchPipeline>> PipelinesAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        lock (gate)
        {
            if (maxAge > TimeSpan.Zero && readAt is { } known && (now - known).Duration() < maxAge)
            {
                return pipelines;
            }
        }

        var sources = (await deployed(cancellationToken)).Where(source => source.Definition.Triggers.Data is not null).ToList();
        lock (gate)
        {
            pipelines =
            [
                .. sources.Select(source => pipelines.FirstOrDefault(known => ReferenceEquals(known.Pipeline, source))
                    ?? new DataWatchPipeline(store, starter, claims, options, timeProvider, source, TurnsOf(source).States)),
            ];
            readAt = now;
            return pipelines;
        }
    }

    private Turns TurnsOf(PipelineSource source)
    {
        var turn = turns.GetOrAdd(source.Definition.Name, name => new Turns(new DataWatchStore(store, name)));
        turn.Source = source;
        return turn;
    }

    private async Task<List<WaitingBlob>> ResolveAsync(
        IReadOnlyCollection<DataNotification> notifications, ImmutableArray<DataWatchPipeline> concerned, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var blobs = new List<WaitingBlob>(notifications.Count);
        foreach (var notification in notifications)
        {
            if (!notification.Blob.StartsWith(BlobNames.Data, StringComparison.Ordinal) || BlobName.Problem(notification.Blob) is not null)
            {
                continue;
            }

            var name = notification.Blob[BlobNames.Data.Length..];
            if (!concerned.Any(pipeline => pipeline.Concerns(name, length: 1)))
            {
                continue;
            }

            if (notification.ETag is { } etag)
            {
                blobs.Add(new WaitingBlob(name, etag, notification.Length, now, Complete: true));
            }
            else if (await store.GetPropertiesAsync(notification.Blob, cancellationToken) is { } present)
            {
                blobs.Add(new WaitingBlob(name, present.ETag, present.Length, now, Complete: false));
            }
        }

        return [.. blobs.Where(blob => concerned.Any(pipeline => pipeline.Concerns(blob.Name, blob.Length)))];
    }

    /// <summary>The first caller writes; those that come while it does are written together after it.</summary>
    private Task AppendTogetherAsync(List<WaitingBlob> blobs)
    {
        lock (gate)
        {
            arriving.AddRange(blobs);
            var done = arrived.Task;
            if (!appending)
            {
                appending = true;
                _ = AppendAllAsync();
            }

            return done;
        }
    }

    private async Task AppendAllAsync()
    {
        while (true)
        {
            List<WaitingBlob> blobs;
            TaskCompletionSource done;
            ImmutableArray<DataWatchPipeline> concerned;
            lock (gate)
            {
                if (arriving.Count == 0)
                {
                    appending = false;
                    return;
                }

                (blobs, arriving) = (arriving, []);
                (done, arrived) = (arrived, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                concerned = pipelines;
            }

            try
            {
                foreach (var pipeline in concerned)
                {
                    foreach (var group in blobs.Where(blob => pipeline.Concerns(blob.Name, blob.Length)).Distinct().Chunk(BlobsPerAppend))
                    {
                        await pipeline.AppendAsync([.. group], CancellationToken.None);
                    }
                }

                done.SetResult();
            }
            catch (Exception exception)
            {
                // Every waiting caller gets it.
                done.SetException(exception);
            }
        }
    }

    /// <summary>One tick of a pipeline at a time; callers that wait for their turn together share the next one.</summary>
    private Task TickAsync(DataWatchPipeline pipeline)
    {
        var turn = TurnsOf(pipeline.Pipeline);
        lock (turn)
        {
            return turn.Next ??= NextAsync();
        }

        async Task NextAsync()
        {
            // Only once it is the next one may it begin.
            await Task.Yield();
            await turn.Gate.WaitAsync(CancellationToken.None);
            try
            {
                lock (turn)
                {
                    turn.Next = null;
                }

                await pipeline.TickAsync(CancellationToken.None);
            }
            finally
            {
                turn.Gate.Release();
            }
        }
    }

    private sealed class Turns(DataWatchStore states)
    {
        public DataWatchStore States { get; } = states;

        public PipelineSource? Source { get; set; }

        public SemaphoreSlim Gate { get; } = new(1);

        public Task? Next { get; set; }
    }
}
