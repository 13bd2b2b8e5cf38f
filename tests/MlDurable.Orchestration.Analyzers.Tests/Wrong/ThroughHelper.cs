public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        Helper.First();
        return input;
    }
}

public static class Helper
{
    public static void First() => Second();

    private static void Second() => _ = Guid.NewGuid(); // MLD002
}
