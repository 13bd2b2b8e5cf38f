using System.Collections.Concurrent;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Testing.Tests;

public sealed class CrashLoopTests
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");

    [Theory]
    [InlineData(CrashFault.PowerLossAtDisk)]
    [InlineData(CrashFault.FailedDiskOperation)]
    [InlineData(CrashFault.PowerLossAtCall)]
    public async Task Run_EffectsThatAreRepeated_NamesWhereThatHappened(CrashFault fault)
    {
        var failed = await Assert.ThrowsAsync<CrashLoopException>(() => CrashLoop.RunAsync(() => new Play(countsEffectsByKey: false), [fault]));

        Assert.Equal(fault, failed.Point.Fault);
        Assert.Contains("2 effects, done\ninstead of\n1 effects, done", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FailureThatTheScenarioDoesNotExpect_NamesIt()
    {
        var failed = await Assert.ThrowsAsync<CrashLoopException>(() => CrashLoop.RunAsync(() => new Play(countsEffectsByKey: true), [CrashFault.FailedCall]));

        Assert.Equal(new CrashPoint(CrashFault.FailedCall, 1), failed.Point);
        Assert.Contains("The connection was reset.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FailedDiskOperation_AnotherEngineGoesOn()
    {
        var plays = new List<Play>();

        var tried = await CrashLoop.RunAsync(Create, [CrashFault.FailedDiskOperation]);

        // How much goes into one flush is not the same each time, so some plays end before the place, and some when the engine is closed.
        Assert.Equal(tried.Count + 1, plays.Count);
        Assert.Equal(1, plays[0].Lives);
        Assert.InRange(plays.Count(play => play.Lives == 2), tried.Count / 2, tried.Count);

        Play Create()
        {
            plays.Add(new(countsEffectsByKey: true));
            return plays[^1];
        }
    }

    [Fact]
    public async Task Run_Points_AreThatManyDifferentOnesThatTheSeedChooses()
    {
        var first = await CrashLoop.RunAsync(() => new TenCalls(), [CrashFault.PowerLossAtCall], points: 5, seed: 2);
        var second = await CrashLoop.RunAsync(() => new TenCalls(), [CrashFault.PowerLossAtCall], points: 5, seed: 2);
        var others = await CrashLoop.RunAsync(() => new TenCalls(), [CrashFault.PowerLossAtCall], points: 5, seed: 3);

        Assert.Equal(5, first.Distinct().Count());
        Assert.Equal(first, second);
        Assert.NotEqual(first, others);
    }

    /// <summary>Has the same places each time, as an engine has not: how much it puts into one flush depends on how fast the disk is.</summary>
    private sealed class TenCalls : CrashPlay
    {
        public override Task LiveAsync()
        {
            for (var call = 0; call < 10; call++)
            {
                Pass();
            }

            return Task.CompletedTask;
        }

        public override Task<string> FactsAsync() => Task.FromResult("done");
    }

    private sealed class Play(bool countsEffectsByKey) : CrashPlay
    {
        private readonly ConcurrentBag<string> _effects = [];
        private string? _output;

        public int Lives { get; private set; }

        public override async Task LiveAsync()
        {
            Lives++;
            var catalog = new OrchestrationCatalog()
                .Add(s_work, (context, input) =>
                {
                    Pass();
                    _effects.Add(context.IdempotencyKey);
                    Pass();
                    return Task.FromResult(input);
                })
                .Add(s_main, (context, input) => context.CallActivityAsync(s_work, input));
            await using var engine = await EmbeddedEngine.OpenAsync(catalog, Options);
            await LiveAsync(RunAsync(engine.Client), engine);
        }

        public override Task<string> FactsAsync() =>
            Task.FromResult($"{(countsEffectsByKey ? _effects.Distinct().Count() : _effects.Count)} effects, {_output}");

        private async Task RunAsync(IOrchestrationClient client)
        {
            await client.StartAsync(s_main, "done", new() { InstanceId = "i" });
            var state = await client.WaitForCompletionAsync("i");
            _output = state.Failure?.ErrorMessage ?? state.Output!.Trim('"');
        }
    }
}
