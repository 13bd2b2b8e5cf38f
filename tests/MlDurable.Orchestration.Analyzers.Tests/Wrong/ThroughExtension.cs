public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        input.Stamp();
        return input;
    }
}

public static class Texts
{
    public static string Stamp(this string text) => text + DateTime.UtcNow; // MLD001
}
