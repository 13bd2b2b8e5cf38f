public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        Even(4);
        return input;
    }

    private static void Even(int n) => Odd(n - 1);

    private static void Odd(int n)
    {
        _ = Guid.NewGuid(); // MLD002
        Even(n - 1);
    }
}
