public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = Count().Take(3).ToList();
        return input;
    }

    private static IEnumerable<int> Count()
    {
        for (var index = 0; ; index++)
        {
            yield return index;
        }
    }
}
