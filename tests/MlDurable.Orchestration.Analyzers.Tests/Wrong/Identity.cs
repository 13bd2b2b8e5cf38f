public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Guid.NewGuid(); // MLD002
        _ = Guid.CreateVersion7(); // MLD002
        return input;
    }
}
