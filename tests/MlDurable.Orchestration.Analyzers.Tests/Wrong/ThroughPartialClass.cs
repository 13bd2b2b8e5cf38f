public sealed partial class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        Step();
        return input;
    }
}

public sealed partial class Flow
{
    private static void Step() => _ = Guid.NewGuid(); // MLD002
}
