using System.Threading.Channels;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Server;

/// <summary>What an engine tells about an activity of a run, or about the run's end, in no engine's words.</summary>
/// <param name="RunId">The run.</param>
/// <param name="State">What happened to an activity; null when the run ended.</param>
/// <param name="Activity">The activity's name; the orchestrator's when the run ended.</param>
public sealed record RunHappening(string RunId, RunStepState? State, string Activity)
{
    /// <summary>The activity's input as JSON; null when the engine does not say.</summary>
    public string? Input { get; init; }

    /// <summary>The activity's result as JSON; null unless it finished.</summary>
    public string? Output { get; init; }

    /// <summary>How much is done, 0 to 1; only with <see cref="RunStepState.Progress"/>.</summary>
    public double? Fraction { get; init; }

    /// <summary>Why an attempt failed, or why the step waits for a person.</summary>
    public string? Message { get; init; }
}

/// <summary>Passes what an engine tells on to those who watch. Safe for concurrent use; telling never waits for a watcher.</summary>
/// <param name="firstId">
/// The number of the first happening. Another process begins elsewhere, so that an id of one is never taken for one of the other: the time in
/// microseconds.
/// </param>
public sealed class RunFeed(long firstId)
{
    // What a watcher that was away for a moment can still get, over all runs.
    private const int Kept = 4096;

    private readonly Lock gate = new();
    private readonly Queue<(long Id, RunHappening Happening)> recent = new();
    private readonly List<RunWatch> watches = [];
    private long nextId = firstId;

    /// <summary>Tells every watcher.</summary>
    public void Publish(RunHappening happening)
    {
        lock (gate)
        {
            var told = (nextId++, happening);
            recent.Enqueue(told);
            if (recent.Count > Kept)
            {
                recent.Dequeue();
            }

            foreach (var watch in watches)
            {
                watch.Offer(told);
            }
        }
    }

    /// <summary>Watches a run from now on, or from where a watcher left off.</summary>
    /// <param name="runId">The run; null for every run.</param>
    /// <param name="after">The number of the last happening that the watcher got; null to begin now.</param>
    public RunWatch Watch(string? runId, long? after = null)
    {
        lock (gate)
        {
            var oldest = recent.TryPeek(out var first) ? first.Id : nextId;
            var watch = new RunWatch(this, runId, hasGap: after is { } last && (last < oldest - 1 || last >= nextId));
            foreach (var told in recent.Where(told => after is not null && told.Id > after))
            {
                watch.Offer(told);
            }

            watches.Add(watch);
            return watch;
        }
    }

    internal void Leave(RunWatch watch)
    {
        lock (gate)
        {
            watches.Remove(watch);
        }
    }
}

/// <summary>One who watches. One reader at a time.</summary>
public sealed class RunWatch : IDisposable
{
    // A watcher that does not read loses its oldest happenings, since later ones say where the run stands.
    private const int MaxBehind = 4096;

    private readonly Channel<(long Id, RunHappening Happening)> channel = Channel.CreateBounded<(long, RunHappening)>(
        new BoundedChannelOptions(MaxBehind) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly RunFeed feed;
    private readonly string? runId;

    internal RunWatch(RunFeed feed, string? runId, bool hasGap)
    {
        this.feed = feed;
        this.runId = runId;
        HasGap = hasGap;
    }

    /// <summary>Whether happenings between where the watcher left off and now are no longer known.</summary>
    public bool HasGap { get; }

    /// <summary>Waits for the next happening.</summary>
    public ValueTask<(long Id, RunHappening Happening)> ReadAsync(CancellationToken cancellationToken) => channel.Reader.ReadAsync(cancellationToken);

    /// <summary>Stops watching.</summary>
    public void Dispose() => feed.Leave(this);

    internal void Offer((long Id, RunHappening Happening) told)
    {
        if (runId is null || runId == told.Happening.RunId)
        {
            channel.Writer.TryWrite(told);
        }
    }
}
