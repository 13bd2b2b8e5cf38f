using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Api.Endpoints;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Server.Triggers;

/// <summary>Tells the data trigger of files that appear in a workspace that is a directory. What it misses, the listing finds.</summary>
internal sealed class DataWatcherService(string root, DataWatch data, TimeProvider timeProvider, ILogger<DataWatcherService> logger) : BackgroundService
{
    private const string Container = "data";

    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(200);

    // What does not fit is found by the listing that a full channel asks for.
    private readonly Channel<ImmutableArray<string>> changes = Channel.CreateBounded<ImmutableArray<string>>(64);

    // Nothing to wait for twice: one listing is enough for all that was lost before it.
    private int lost;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watcher = new DirectoryBlobWatcher(root, Container, Tell, Lose, GatherFor, timeProvider);
        try
        {
            await foreach (var names in changes.Reader.ReadAllAsync(stoppingToken))
            {
                await NotifyAsync(names, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void Tell(ImmutableArray<string> names)
    {
        if (!changes.Writer.TryWrite(names))
        {
            Lose("more changes than can be taken in");
        }
    }

    private void Lose(string reason)
    {
        ServerLog.ChangesLost(logger, reason);
        Interlocked.Exchange(ref lost, 1);
        changes.Writer.TryWrite([]);
    }

    private async Task NotifyAsync(ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        try
        {
            if (!names.IsEmpty)
            {
                await data.NotifyAsync([.. names.Select(name => new DataNotification(name))], cancellationToken);
            }

            if (Interlocked.Exchange(ref lost, 0) == 1)
            {
                await data.ReconcileAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is AggregateException || ApiProblems.CodeOf(exception) is not null)
        {
            // The loop that lists finds what was not noted.
            ServerLog.ChangesLost(logger, exception.Message);
        }
    }
}
