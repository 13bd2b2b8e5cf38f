public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false); // MLD007
        await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // MLD007
        return input;
    }
}
