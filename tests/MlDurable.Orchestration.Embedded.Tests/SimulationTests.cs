using System.Globalization;
using MlDurable.Orchestration.Embedded.Tests.Simulation;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class SimulationTests
{
    private const int FixedSeeds = 2000;
    private const int NewSeeds = 200;

    /// <summary>The variable MLDURABLE_SEEDS (such as 1-100000) gives other seeds than the fixed ones and some new ones.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public void RandomWorkflows_WithEverythingThatGoesWrong_EqualThePlainModel()
    {
        foreach (var seed in Seeds())
        {
            SimulatedRun.Run(seed);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(1118)]
    [InlineData(2049)]
    [InlineData(2162)]
    [InlineData(6461)]
    [InlineData(14576)]
    [InlineData(34440)]
    [InlineData(57450)]
    [InlineData(98016)]
    public void Run_SameSeed_TakesTheSameCourseToTheLastByte(int seed) => Assert.Equal(SimulatedRun.Run(seed).Course, SimulatedRun.Run(seed).Course);

    [Fact]
    [Trait("Speed", "Slow")]
    public void Run_ManySeeds_HaveEveryStepAndCrashOften()
    {
        var runs = Enumerable.Range(1, 100).Select(SimulatedRun.Run).ToList();

        Assert.All(Script.AllSteps, step => Assert.Contains(runs.SelectMany(run => run.Scripts), script => script.Contains(step, StringComparison.Ordinal)));
        Assert.True(runs.Average(run => run.Crashes) > 2);
    }

    private static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("MLDURABLE_SEEDS")?.Split('-') is not { } range)
        {
            return Enumerable.Range(1, FixedSeeds).Concat(Enumerable.Range(0, NewSeeds).Select(_ => Random.Shared.Next()));
        }

        var from = int.Parse(range[0], CultureInfo.InvariantCulture);
        return Enumerable.Range(from, int.Parse(range[^1], CultureInfo.InvariantCulture) - from + 1);
    }
}
