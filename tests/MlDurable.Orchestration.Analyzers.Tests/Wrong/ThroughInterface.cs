public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        IClock clock = new SystemClock();
        _ = clock.Read();
        return input;
    }
}

public interface IClock
{
    DateTime Read();
}

public sealed class SystemClock : IClock
{
    public DateTime Read() => DateTime.UtcNow; // MLD001
}
