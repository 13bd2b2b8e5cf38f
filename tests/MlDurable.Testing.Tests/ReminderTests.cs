using System.Text.Json.Serialization;
using MlDurable.Orchestration;

namespace MlDurable.Testing.Tests;

/// <summary>The example of docs/testing.md.</summary>
public sealed partial class ReminderTests
{
    // <example>
    private static readonly OrchestratorDefinition<string, int> Reminders = new("reminders", Json.Default.String, Json.Default.Int32);
    private static readonly ActivityDefinition<string, bool> Remind = new("remind", Json.Default.String, Json.Default.Boolean);

    [Fact]
    public async Task Reminders_OfTenYearsWithAPowerLoss_AreSentOnceAMonth()
    {
        var sent = new HashSet<string>();
        var catalog = new OrchestrationCatalog()
            .AddOrchestrator(Reminders, () => new MonthlyReminders(months: 120))
            .AddActivity(Remind, new RememberedReminder(sent));
        await using var engine = await TestEngine.OpenAsync(catalog);
        await engine.Client.StartAsync(Reminders, "ada", new() { InstanceId = "ada" });
        await engine.SettleAsync();
        engine.Clock.Advance(TimeSpan.FromDays(100));
        await engine.CrashAsync();

        var state = await engine.WaitAsync("ada");

        Assert.Equal("120", state.Output);
        Assert.Equal(120, sent.Count);
        Assert.Equal(TimeSpan.FromDays(100 + (119 * 30)), engine.Clock.GetUtcNow().Date - new DateTime(2026, 1, 1));
    }

    [Fact]
    public async Task Reminders_ChangedUnderARunningInstance_AreNoticedBeforeTheyAreDeployed()
    {
        await using var engine = await TestEngine.OpenAsync(Catalog(months: 120));
        await engine.Client.StartAsync(Reminders, "ada", new() { InstanceId = "ada" });
        await engine.SettleAsync();
        engine.Clock.Advance(TimeSpan.FromDays(100));
        await engine.SettleAsync();

        engine.AssertReplays(Catalog(months: 240));
        var refused = Assert.Throws<OrchestrationException>(() => engine.AssertReplays(Catalog(months: 0)));
        Assert.Equal(OrchestrationErrorCodes.Nondeterminism, refused.Code);
    }

    private sealed class MonthlyReminders(int months) : Orchestrator<string, int>
    {
        public override async Task<int> RunAsync(OrchestrationContext context, string input)
        {
            var sent = 0;
            while (sent < months)
            {
                await context.CreateTimerAsync(TimeSpan.FromDays(30), CancellationToken.None);
                sent += await context.CallActivityAsync(Remind, input) ? 1 : 0;
            }

            return sent;
        }
    }

    private sealed class RememberedReminder(HashSet<string> sent) : Activity<string, bool>
    {
        // An activity may run more than once; its key says that it is the same call.
        public override Task<bool> RunAsync(ActivityContext context, string input)
        {
            lock (sent)
            {
                sent.Add(context.IdempotencyKey);
            }

            return Task.FromResult(true);
        }
    }
    // </example>

    private static OrchestrationCatalog Catalog(int months) => new OrchestrationCatalog()
        .AddOrchestrator(Reminders, () => new MonthlyReminders(months))
        .AddActivity(Remind, new RememberedReminder([]));

    [JsonSerializable(typeof(bool))]
    [JsonSerializable(typeof(int))]
    [JsonSerializable(typeof(string))]
    private sealed partial class Json : JsonSerializerContext;
}
