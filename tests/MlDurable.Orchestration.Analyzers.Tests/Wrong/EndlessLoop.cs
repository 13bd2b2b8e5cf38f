public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        while (true) // MLD011
        {
            await context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
            Func<int> inner = () => { return 1; };
            _ = inner();
            switch (input) { case "a": break; }
        }
    }
}
