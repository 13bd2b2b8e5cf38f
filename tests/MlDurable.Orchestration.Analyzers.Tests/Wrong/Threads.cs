public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await Task.Run(() => { }); // MLD006
        await Task.Factory.StartNew(() => { }); // MLD006 MLD006
        ThreadPool.QueueUserWorkItem(_ => { }); // MLD006
        new Thread(() => { }).Start(); // MLD006 MLD006
        Parallel.For(0, 2, _ => { }); // MLD006
        await Task.CompletedTask.ContinueWith(_ => { }); // MLD006
        _ = input.AsParallel().Count(); // MLD006 MLD006
        return input;
    }
}
