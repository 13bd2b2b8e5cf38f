public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToList(); // MLD002
        _ = Enumerable.Range(0, 3).Select(Make).ToList();
        return input;
    }

    private static Guid Make(int index) => Guid.NewGuid(); // MLD002
}
