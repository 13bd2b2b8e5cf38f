using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Server;

/// <summary>Logs what happens to runs: a line for each step that ends, and for each run.</summary>
internal sealed class RunLogService(RunFeed feed, ILogger<RunLogService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watch = feed.Watch(null);
        try
        {
            while (true)
            {
                var (_, happening) = await watch.ReadAsync(stoppingToken);
                if (happening.State is null)
                {
                    ServerLog.RunEnded(logger, happening.RunId);
                }
                else if (happening.State is RunStepState.Finished or RunStepState.Failed)
                {
                    ServerLog.Step(logger, happening.RunId, happening.Activity, happening.Message ?? happening.State.Value.ToString().ToLowerInvariant());
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
