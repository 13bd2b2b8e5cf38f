public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = context.CurrentUtcDateTime;
        _ = context.NewGuid();
        _ = Guid.Parse(input);
        _ = DateTimeOffset.Parse(input) + TimeSpan.FromDays(1);
        _ = DateTime.UnixEpoch;
        _ = new Random(42).Next();
        using var source = new CancellationTokenSource();
        await context.CreateTimerAsync(TimeSpan.FromDays(1), source.Token);
        source.Cancel();
        _ = Path.Combine(input, "a") + Environment.NewLine;
        using var text = new StringWriter();
        text.Write(input);
        using var memory = new MemoryStream();
        memory.CopyTo(memory);
        _ = System.Net.WebUtility.UrlEncode(input);
        _ = System.Globalization.CultureInfo.InvariantCulture;
        return input;
    }
}
