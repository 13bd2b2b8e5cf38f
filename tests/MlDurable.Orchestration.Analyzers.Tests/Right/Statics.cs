public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Limit + Name + Options.Count + Shared + string.Empty;
        return input;
    }

    private const int Limit = 3;

    private static readonly string Name = "a";

    private static readonly List<int> Options = [1];

    private static int Shared { get; } = 4;
}
