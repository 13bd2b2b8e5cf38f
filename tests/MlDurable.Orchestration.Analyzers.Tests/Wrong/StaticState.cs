public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _calls++; // MLD010
        Last = input; // MLD010
        _ = Ambient.Value; // MLD010
        return input;
    }

    private static readonly AsyncLocal<string> Ambient = new();

    private static int _calls;

    public static string? Last { get; set; }
}
