public sealed class Lambda(Func<OrchestrationContext, string, Task<string>> run) : Orchestrator<string, string>
{
    public override Task<string> RunAsync(OrchestrationContext context, string input) => run(context, input);
}

public static class Program
{
    public static Lambda Make() => new((context, input) => Task.FromResult(input + Guid.NewGuid())); // MLD002
}
