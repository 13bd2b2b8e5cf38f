public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = new Random(); // MLD003
        _ = Random.Shared.Next(); // MLD003
        _ = System.Security.Cryptography.RandomNumberGenerator.GetInt32(6); // MLD003
        _ = Path.GetRandomFileName(); // MLD003
        _ = input.GetHashCode(); // MLD003
        _ = HashCode.Combine(input); // MLD003
        return input;
    }
}
