public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Environment.GetEnvironmentVariable("HOME"); // MLD009
        _ = Environment.MachineName; // MLD009
        _ = Environment.ProcessId; // MLD009
        _ = System.Globalization.CultureInfo.CurrentCulture; // MLD009
        _ = AppContext.BaseDirectory; // MLD009
        _ = TimeZoneInfo.Local; // MLD009
        return input;
    }
}
