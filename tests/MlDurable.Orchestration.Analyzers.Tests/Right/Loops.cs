public sealed class Flow : Orchestrator<string, string>
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input)
    {
        await context.CreateTimerAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        for (; ; )
        {
            if (input.Length > 3)
            {
                break;
            }

            input += "a";
        }

        while (true)
        {
            await context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
            context.ContinueAsNew(input, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<string>)null!);
            return input;
        }
    }
}
