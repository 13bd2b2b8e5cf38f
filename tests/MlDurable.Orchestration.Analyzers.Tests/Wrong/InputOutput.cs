public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = File.Exists(input); // MLD005
        _ = new FileInfo(input); // MLD005
        Console.WriteLine(input); // MLD005
        _ = new System.Net.Http.HttpClient(); // MLD005
        _ = System.Net.Dns.GetHostName(); // MLD005
        _ = System.Diagnostics.Process.Start(input); // MLD005
        _ = Path.GetFullPath(input); // MLD005
        return input;
    }
}
