public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Now;
        At = 1;
        return input;
    }

    private static DateTime Now => DateTime.UtcNow; // MLD001

    private int At { get => Environment.ProcessId; set => _ = Guid.NewGuid(); } // MLD002
}
