public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        var first = Step();
        var second = Step();
        await Task.WhenAll(first, second);
        _ = first.Result + second.Result;
        var all = new List<Task<int>> { Step(), Step() };
        await Task.WhenAll(all);
        _ = all.Select(task => task.Result).Sum();
        var third = Step();
        if (third.IsCompletedSuccessfully)
        {
            _ = third.Result;
        }

        await Step().ConfigureAwait(true);
        await ((Task)Step()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        async Task<int> Step()
        {
            await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None);
            return 1;
        }
        return input;
    }
}
