using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlDurable.EndToEnd.Tests;

/// <summary>Runs that do not go through in one go.</summary>
public sealed class InterruptionTests
{
    private static readonly int[] Years = [1990, 1991, 1992, 1993];

    [Fact]
    public async Task Kill_InTheMiddleOfTheFanOut_TheSameCommandResumesAndTheResultIsTheUndisturbedOne()
    {
        using var undisturbed = new TestDirectory(BirdStrikes.LongPipeline());
        var expected = await undisturbed.RunYearsAsync(Years);

        using var directory = new TestDirectory(BirdStrikes.LongPipeline());
        var finished = new HashSet<int>();
        using (var victim = Tool.Watch(directory.Root, RunArguments()))
        {
            var started = new HashSet<int>();
            await victim.WaitForAsync(line =>
            {
                Note(line, "Started", started);
                Note(line, "Finished", finished);
                return finished.Count > 0 && started.Except(finished).Any();
            });
            victim.Process.Kill();
            var rest = await victim.EndAsync();
            Assert.DoesNotContain("\"result\":", rest.Output.Split('\n')[^2], StringComparison.Ordinal);
        }

        var resumed = await directory.RunAsync("run", "pipeline.yaml", "--json");
        Assert.Equal(expected.ExitCode, resumed.ExitCode);
        var again = new HashSet<int>();
        foreach (var line in resumed.JsonLines)
        {
            Note(line, "Started", again);
        }

        Assert.NotEmpty(again);
        Assert.Empty(again.Intersect(finished));
        Assert.True(resumed.JsonLines.Single(line => line.GetProperty("event").GetString() == "run").GetProperty("run").GetProperty("continued").GetBoolean());
        Assert.Equal(1, (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs").GetArrayLength());

        foreach (var file in new[] { "evaluation.json", "predictions.csv" })
        {
            Assert.Equal(await ReadAsync(undisturbed, expected, file), await ReadAsync(directory, resumed, file));
        }

        Assert.Equal(ModelHash(await undisturbed.RunAsync("show", "--json")), ModelHash(await directory.RunAsync("show", "--json")));

        string[] RunArguments() => ["run", "pipeline.yaml", "--json", .. Years.SelectMany(year => new[] { "--data", BirdStrikes.File(year) })];
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task Signal_StopsCleanlyAndLeavesAResumableRun(PosixSignal signal)
    {
        using var directory = await WithDataAsync();
        using (var interrupted = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json"))
        {
            await interrupted.WaitForAsync(line => IsTraining(line, "Started"));
            interrupted.Signal(signal);
            var result = (await interrupted.EndAsync()).ShouldExitWith(130);
            Assert.Contains("the same command continues", result.Error, StringComparison.Ordinal);
        }

        Assert.Contains("unfinished", (await directory.RunAsync("runs")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        var resumed = await directory.RunAsync("resume", "--json");
        Assert.Contains(resumed.ExitCode, (int[])[0, 3]);
        Assert.Equal("Completed", resumed.Run.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Unfinished_WithOtherParameters_IsAConflictThatCancelSolves()
    {
        using var directory = await WithDataAsync();
        using (var interrupted = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json"))
        {
            await interrupted.WaitForAsync(line => IsTraining(line, "Started"));
            interrupted.Process.Kill();
            await interrupted.EndAsync();
        }

        var conflict = (await directory.RunAsync("run", "pipeline.yaml", "--set", "margin=0.5")).ShouldExitWith(5);
        Assert.Contains("mldurable resume", conflict.Error, StringComparison.Ordinal);
        Assert.Contains("mldurable cancel", conflict.Error, StringComparison.Ordinal);
        (await directory.RunAsync("cancel", "latest", "--reason", "wrong margin")).ShouldExitWith(0);
        (await directory.RunAsync("cancel", "latest")).ShouldExitWith(5);
        var runs = (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs");
        Assert.Equal("Cancelled", runs[0].GetProperty("status").GetString());
        Assert.Contains("no unfinished run", (await directory.RunAsync("resume")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecondTerminal_CancelsARunningRunAndIsRefusedAsOwner()
    {
        using var directory = await WithDataAsync();
        using var owner = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json");
        await owner.WaitForAsync(line => IsTraining(line, "Started"));

        var refused = (await directory.RunAsync("run", "pipeline.yaml")).ShouldExitWith(5);
        Assert.Contains($"{owner.Process.Id}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("unfinished", (await directory.RunAsync("runs")).ShouldExitWith(0).Output, StringComparison.Ordinal);

        (await directory.RunAsync("cancel", "latest", "--reason", "changed my mind")).ShouldExitWith(0);
        var ended = (await owner.EndAsync()).ShouldExitWith(1);
        Assert.Contains("changed my mind", ended.Error, StringComparison.Ordinal);
        Assert.Equal("Cancelled", ended.Run.GetProperty("status").GetString());
    }

    private static async Task<TestDirectory> WithDataAsync()
    {
        var directory = new TestDirectory(BirdStrikes.LongPipeline());
        foreach (var year in Years)
        {
            directory.Write($".mldurable/data/bird-strikes/birdstrikes-{year}.csv", await File.ReadAllBytesAsync(BirdStrikes.File(year)));
        }

        return directory;
    }

    private static bool IsTraining(JsonElement line, string state) =>
        line.TryGetProperty("step", out var step)
        && step.GetProperty("stage").GetString() == "train"
        && step.GetProperty("state").GetString() == state;

    private static void Note(JsonElement line, string state, HashSet<int> candidates)
    {
        if (IsTraining(line, state))
        {
            candidates.Add(line.GetProperty("step").GetProperty("index").GetInt32());
        }
    }

    private static Task<byte[]> ReadAsync(TestDirectory directory, ToolResult result, string file) =>
        File.ReadAllBytesAsync(directory.At(".mldurable", "runs", result.Run.GetProperty("runId").GetString()!, file));

    private static string? ModelHash(ToolResult shown) => shown.ShouldExitWith(0).Json.GetProperty("manifest").GetProperty("modelHash").GetString();
}
