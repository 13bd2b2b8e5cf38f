using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Testing.Tests;

public sealed class TestEngineTests
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Theory]
    [InlineData(nameof(ReminderTests))]
    [InlineData(nameof(ApprovalTests))]
    [InlineData(nameof(CalendarTests))]
    [InlineData(nameof(TransferTests))]
    public void Documents_TheirExamples_AreThoseThatRun(string example)
    {
        var source = Repository.Read("tests", "MlDurable.Testing.Tests", $"{example}.cs");
        const string Begin = "// <example>\n";
        var lines = source[(source.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..source.IndexOf("    // </example>", StringComparison.Ordinal)];
        var unindented = string.Join('\n', lines.Split('\n').Select(line => line.StartsWith("    ", StringComparison.Ordinal) ? line[4..] : line));

        Assert.Contains($"```csharp\n{unindented}```", Repository.Read("docs", "testing.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RetriesOverDays_EndsAtOnceInRealTime()
    {
        var attempts = 0;
        var retry = new RetryPolicy { MaxAttempts = 10, FirstRetryInterval = TimeSpan.FromDays(1) };
        await using var engine = await TestEngine.OpenAsync(new OrchestrationCatalog()
            .Add(s_work, (_, input) => ++attempts < 8 ? throw new InvalidOperationException("not yet") : Task.FromResult(input))
            .Add(s_main, (context, input) => context.CallActivityAsync(s_work, input, new() { Retry = retry })));

        var state = await engine.RunAsync(s_main, "done");

        Assert.Equal("\"done\"", state.Output);
        Assert.Equal(new DateTime(2026, 1, 8), engine.Clock.GetUtcNow().Date);
    }

    [Fact]
    public async Task Crash_WithWhateverTheDiskKept_LosesNothingConfirmed()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            await using var engine = await TestEngine.OpenAsync(Waiting());
            await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
            await engine.Client.RaiseEventAsync("i", s_signal, $"{seed}");
            await engine.CrashAsync(new Random(seed));

            Assert.Equal($"\"{seed}\"", (await engine.WaitAsync("i")).Output);
        }
    }

    [Fact]
    public async Task Deploy_OtherCode_IsWhatGoesOn()
    {
        await using var engine = await TestEngine.OpenAsync(Waiting());
        await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await engine.DeployAsync(new OrchestrationCatalog().Add(s_main, async (context, _) => await context.WaitForExternalEventAsync(s_signal) + " of the new build"));
        await engine.Client.RaiseEventAsync("i", s_signal, "end");

        Assert.Equal("\"end of the new build\"", (await engine.WaitAsync("i")).Output);
        await engine.DisposeAsync();
        Assert.Throws<InvalidOperationException>(() => engine.Client);
    }

    [Fact]
    public async Task Open_WithOtherOptions_UsesThem()
    {
        await using var engine = await TestEngine.OpenAsync(Waiting(), options => options with { MaxPayloadBytes = 1024 });
        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => engine.Client.StartAsync(s_main, new string('x', 2000)));
        Assert.Equal(OrchestrationErrorCodes.PayloadTooLarge, refused.Code);
    }

    [Fact]
    public async Task Wait_ActivityThatTakesItsRealTime_IsNotTimedOutByTheClock()
    {
        var release = new TaskCompletionSource();
        var catalog = new OrchestrationCatalog()
            .Add(s_work, async (context, input) =>
            {
                await release.Task.WaitAsync(context.CancellationToken);
                return input;
            })
            .Add(s_main, async (context, input) =>
            {
                await context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
                return await context.CallActivityAsync(s_work, input, new() { Timeout = TimeSpan.FromMinutes(5) });
            });
        await using var engine = await TestEngine.OpenAsync(catalog);
        var running = engine.RunAsync(s_main, "in time");
        while (engine.Clock.GetUtcNow().Day == 1)
        {
            await Task.Yield();
        }

        release.SetResult();
        Assert.Equal("\"in time\"", (await running).Output);
    }

    private static OrchestrationCatalog Waiting() => new OrchestrationCatalog().Add(s_main, (context, _) => context.WaitForExternalEventAsync(s_signal));
}
