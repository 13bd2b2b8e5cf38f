public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = context.InstanceId;
        return input;
    }
}

public static class Registrations
{
    public static void Add(OrchestrationCatalog catalog, ActivityDefinition<string, string> work, OrchestratorDefinition<string, string> flow) =>
        catalog.AddOrchestrator(flow, () => { _ = DateTime.UtcNow; return new Flow(); });
}
