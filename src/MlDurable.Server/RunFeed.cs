using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Server;

/// <summary>What an engine tells about an activity of a run, or about the run's end, in no engine's words.</summary>
/// <param name="RunId">The run.</param>
/// <param name="State">What happened to an activity; null when the run ended.</param>
/// <param name="Activity">The activity's name.</param>
public sealed record RunHappening(string RunId, RunStepState? State, string Activity)
{
    /// <summary>The activity's input as JSON; null when the engine does not say.</summary>
    public string? Input { get; init; }

    /// <summary>The activity's result as JSON; null unless it finished.</summary>
    public string? Output { get; init; }

    /// <summary>How much is done, 0 to 1; only with <see cref="RunStepState.Progress"/>.</summary>
    public double? Fraction { get; init; }

    /// <summary>Why an attempt failed; only with <see cref="RunStepState.Failed"/>.</summary>
    public string? Message { get; init; }
}

/// <summary>Passes what an engine tells on to those who watch. Safe for concurrent use; telling never waits for a watcher.</summary>
public sealed class RunFeed
{
    // A watcher that does not read is behind by at most this much: then its oldest entries go, since later ones say where the run stands.
    private const int MaxBehind = 1000;

    private readonly ConcurrentDictionary<Channel<RunHappening>, string?> watchers = new();

    /// <summary>Tells every watcher.</summary>
    public void Publish(RunHappening happening)
    {
        foreach (var (channel, runId) in watchers)
        {
            if (runId is null || runId == happening.RunId)
            {
                channel.Writer.TryWrite(happening);
            }
        }
    }

    /// <summary>What happens from the call on.</summary>
    /// <param name="runId">Of which run; null for every run.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    public IAsyncEnumerable<RunHappening> WatchAsync(string? runId, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<RunHappening>(new BoundedChannelOptions(MaxBehind) { FullMode = BoundedChannelFullMode.DropOldest });
        watchers[channel] = runId;
        return ReadAsync(channel, cancellationToken);
    }

    private async IAsyncEnumerable<RunHappening> ReadAsync(Channel<RunHappening> channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happening in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return happening;
            }
        }
        finally
        {
            watchers.TryRemove(channel, out _);
        }
    }
}
