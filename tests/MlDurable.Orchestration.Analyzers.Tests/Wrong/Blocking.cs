public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        var timer = context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None);
        timer.Wait(); // MLD008
        timer.GetAwaiter().GetResult(); // MLD008
        _ = Read(context).Result; // MLD008
        lock (this) // MLD008
        {
        }

        Monitor.Enter(this); // MLD008
        using var semaphore = new SemaphoreSlim(1); // MLD008
        semaphore.Wait(); // MLD008
        return input;
    }

    private static async Task<int> Read(OrchestrationContext context) { await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None); return 1; }
}
