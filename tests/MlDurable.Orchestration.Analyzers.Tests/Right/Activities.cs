public sealed class Flow(ActivityDefinition<string, string> definition) : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await context.CallActivityAsync(definition, input);
        return input;
    }
}

public sealed class Work : Activity<string, string>
{
    private static int _count;

    public override async Task<string> RunAsync(ActivityContext context, string input)
    {
        _count++;
        await Task.Delay(1).ConfigureAwait(false);
        return $"{File.Exists(input)} {DateTime.UtcNow} {Guid.NewGuid()} {Random.Shared.Next()} {Environment.MachineName}";
    }
}

public static class Program
{
    private static int _starts;

    public static void Main() => _starts += Environment.ProcessId;
}
