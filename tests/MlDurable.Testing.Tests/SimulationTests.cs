using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Testing.Tests;

public sealed class SimulationTests
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Fact]
    public void Run_ManySeeds_GivesEachItsOwnOrderAndTheSameAgain()
    {
        var orders = Enumerable.Range(0, 30).Select(OrderOf).ToList();

        Assert.Equal(orders, Enumerable.Range(0, 30).Select(OrderOf));
        Assert.True(orders.Distinct().Count() > 10, string.Join(' ', orders));
        Assert.All(orders, order => Assert.Equal("abcdef", string.Concat(order.Order())));
    }

    [Fact]
    public void Run_ScenarioFails_NamesTheSeedAndTheCause()
    {
        var failed = Assert.Throws<SimulationException>(() => Simulation.Run(42, async _ =>
        {
            await Task.Yield();
            throw new InvalidOperationException("wrong");
        }));

        Assert.Equal("Seed 42: wrong", failed.Message);
        Assert.Equal(42, failed.Seed);
        Assert.IsType<InvalidOperationException>(failed.InnerException);
    }

    [Fact]
    public void Run_WaitsForWhatNobodyBrings_EndsAndSaysSo()
    {
        var failed = Assert.Throws<SimulationException>(() => Simulation.Run(7, async simulation =>
        {
            await using var engine = await TestEngine.OpenAsync(
                new OrchestrationCatalog().Add(s_main, (context, _) => context.WaitForExternalEventAsync(s_signal)), simulation: simulation);
            await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(s_main, ""));
        }));

        Assert.Equal("Seed 7: nothing is left to run, and the scenario still waits.", failed.Message);
    }

    [Fact]
    public void Run_CloseWithActivitiesUnderWay_TheyRunAgainAfterIt()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Simulation.Run(seed, async simulation =>
            {
                var begun = 0;
                var catalog = new OrchestrationCatalog()
                    .Add(s_work, async (context, input) =>
                    {
                        if (begun++ == 0)
                        {
                            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                        }

                        return input;
                    })
                    .Add(s_main, (context, input) => context.CallActivityAsync(s_work, input));
                await using var engine = await TestEngine.OpenAsync(catalog, simulation: simulation);
                await engine.Client.StartAsync(s_main, "done", new() { InstanceId = "i" });
                while (begun == 0)
                {
                    await Task.Yield();
                }

                await engine.DeployAsync(catalog);
                Assert.Equal("\"done\"", (await engine.WaitAsync("i")).Output);
                Assert.Equal(2, begun);
            });
        }
    }

    private static string OrderOf(int seed)
    {
        var order = "";
        Simulation.Run(seed, async simulation =>
        {
            var catalog = new OrchestrationCatalog()
                .Add(s_work, (_, input) =>
                {
                    order += input;
                    return Task.FromResult(input);
                })
                .Add(s_main, async (context, input) => string.Concat(await Task.WhenAll(input.Select(step => context.CallActivityAsync(s_work, $"{step}")))));
            await using var engine = await TestEngine.OpenAsync(catalog, options => options with { ActivitySlots = 6 }, simulation);
            Assert.Equal("\"abcdef\"", (await engine.RunAsync(s_main, "abcdef")).Output);
        });
        return order;
    }
}
