using System.Text.Json.Serialization;
using MlDurable.Orchestration;

namespace MlDurable.Testing.Tests;

/// <summary>The second example of docs/testing.md.</summary>
public sealed partial class ApprovalTests
{
    // <example>
    private static readonly OrchestratorDefinition<string, string> Approval = new("approval", ApprovalJson.Default.String, ApprovalJson.Default.String);
    private static readonly EventDefinition<string> Decided = new("decided", ApprovalJson.Default.String);

    [Fact]
    public void Approval_DecidedAtTheLastMoment_IsOneOrTheOtherInEveryOrder()
    {
        var outcomes = new HashSet<string>();
        for (var seed = 0; seed < 100; seed++)
        {
            Simulation.Run(seed, async simulation =>
            {
                var catalog = new OrchestrationCatalog().AddOrchestrator(Approval, () => new ApprovalOfOneDay());
                await using var engine = await TestEngine.OpenAsync(catalog, simulation: simulation);
                await engine.Client.StartAsync(Approval, "", new() { InstanceId = "a" });
                var deciding = DecideAsync(engine.Client);
                await engine.SettleAsync();
                engine.Clock.Advance(TimeSpan.FromDays(1));
                await deciding;
                await engine.CrashAsync(simulation.Chance);
                outcomes.Add((await engine.WaitAsync("a")).Output!);
            });
        }

        Assert.Equal(["\"too late\"", "\"yes\""], outcomes.Order());
    }

    private static async Task DecideAsync(IOrchestrationClient client)
    {
        await Task.Yield();
        try
        {
            await client.RaiseEventAsync("a", Decided, "yes");
        }
        catch (OrchestrationException exception) when (exception.Code == OrchestrationErrorCodes.InstanceStatus)
        {
            // It has ended already.
        }
    }

    private sealed class ApprovalOfOneDay : Orchestrator<string, string>
    {
        public override async Task<string> RunAsync(OrchestrationContext context, string input)
        {
            using var giveUp = new CancellationTokenSource();
            var late = context.CreateTimerAsync(TimeSpan.FromDays(1), giveUp.Token);
            var decided = context.WaitForExternalEventAsync(Decided, giveUp.Token);
            var first = await Task.WhenAny(late, decided);
            giveUp.Cancel();
            return first == late ? "too late" : await decided;
        }
    }
    // </example>

    [JsonSerializable(typeof(string))]
    private sealed partial class ApprovalJson : JsonSerializerContext;
}
