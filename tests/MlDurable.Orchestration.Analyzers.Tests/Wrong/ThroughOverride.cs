public abstract class Base : Orchestrator<string, string>
{
    public sealed override Task<string> RunAsync(OrchestrationContext context, string input) => FlowAsync(context);

    protected abstract Task<string> FlowAsync(OrchestrationContext context);
}

public sealed class Flow : Base
{
    protected override Task<string> FlowAsync(OrchestrationContext context) => Task.FromResult($"{DateTime.UtcNow}"); // MLD001
}
