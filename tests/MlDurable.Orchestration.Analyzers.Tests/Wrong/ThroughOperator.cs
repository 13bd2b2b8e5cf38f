public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = new Sum() + new Sum();
        return input;
    }
}

public sealed class Sum
{
    public static Sum operator +(Sum left, Sum right)
    {
        _ = Random.Shared; // MLD003
        return left;
    }
}
