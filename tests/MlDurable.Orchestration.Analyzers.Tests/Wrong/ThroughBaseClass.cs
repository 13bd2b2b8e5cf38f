public sealed class Flow : Base
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        Step();
        return input;
    }
}

public abstract class Base : Orchestrator<string, string>
{
    protected void Step() => Hook();

    protected virtual void Hook() => _ = Guid.NewGuid(); // MLD002
}
