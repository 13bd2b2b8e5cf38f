using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MlDurable.Server.Health;

/// <summary>Runs a loop until the server stops. A time that fails is logged, counted and shown, and ends nothing.</summary>
internal sealed class LoopService(ServerLoop loop, TimeProvider timeProvider, ILogger<LoopService> logger) : BackgroundService
{
    private long lastSuccess = timeProvider.GetTimestamp();
    private int failures;
    private volatile string? lastFailure;

    public ServerLoop Loop => loop;

    /// <summary>How long ago it last succeeded; from the start when it never has.</summary>
    public TimeSpan SinceSuccess => timeProvider.GetElapsedTime(Interlocked.Read(ref lastSuccess));

    /// <summary>How often it failed since it last succeeded.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>Why it failed last; null when it last succeeded.</summary>
    public string? LastFailure => lastFailure;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(loop.Interval, timeProvider);
        do
        {
            try
            {
                await loop.Tick(stoppingToken);
                Interlocked.Exchange(ref lastSuccess, timeProvider.GetTimestamp());
                lastFailure = null;
                if (Interlocked.Exchange(ref failures, 0) > 0)
                {
                    ServerLog.LoopRecovered(logger, loop.Name);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                lastFailure = exception.Message;
                ServerLog.LoopFailed(logger, loop.Name, Interlocked.Increment(ref failures), exception.Message, exception);
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
