public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = new Stamp();
        return input;
    }
}

public sealed class Stamp
{
    private readonly Guid _id = Guid.NewGuid(); // MLD002

    public Stamp() => At = DateTime.UtcNow; // MLD001

    public DateTime At { get; }

    public DateTime Made { get; } = DateTime.Now; // MLD001

    public override string ToString() => $"{_id}";
}
