public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = DateTime.Now; // MLD001
        _ = DateTime.UtcNow; // MLD001
        _ = DateTime.Today; // MLD001
        _ = DateTimeOffset.Now; // MLD001
        _ = DateTimeOffset.UtcNow; // MLD001
        _ = TimeProvider.System; // MLD001
        _ = System.Diagnostics.Stopwatch.StartNew(); // MLD001
        _ = Environment.TickCount64; // MLD001
        return input;
    }
}
