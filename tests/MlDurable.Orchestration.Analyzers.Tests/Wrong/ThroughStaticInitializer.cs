public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Process.Started;
        return input;
    }
}

public static class Process
{
    public static readonly DateTime Started = DateTime.UtcNow; // MLD001
}
