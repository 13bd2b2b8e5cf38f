public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await Task.Delay(1); // MLD004
        Thread.Sleep(1); // MLD004
        using var timer = new Timer(_ => { }, null, 1, 1); // MLD004
        using var source = new CancellationTokenSource(1000); // MLD004
        source.CancelAfter(5); // MLD004
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), source.Token).WaitAsync(TimeSpan.FromSeconds(1)); // MLD004
        return input;
    }
}
