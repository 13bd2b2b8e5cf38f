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
        await KillInTrainingAsync(directory, "pipeline.yaml");
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

        // Nothing waits for its end, so that no machine is too slow to cancel it before.
        directory.Write("pipeline.yaml", BirdStrikes.LongPipeline(trees: 5_000));
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

    [Fact]
    public async Task SecondTerminal_PromotesAndRollsBack_AndTheRunIsJudgedAgainstTheNewChampion()
    {
        using var directory = await WithDataAsync();
        await MakeVersionAsync("- { trainer: logistic-regression, l2: 10 }");
        await MakeVersionAsync("- { trainer: logistic-regression, l2: 100 }");
        var champion = (await ModelAsync()).GetProperty("aliases").GetProperty("champion").GetInt32();
        var other = 3 - champion;

        // The commands that change the champion must come before the run judges its candidate, on any machine.
        directory.Write("pipeline.yaml", BirdStrikes.LongPipeline(trees: 6_000));
        using var owner = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json");
        await owner.WaitForAsync(line => IsTraining(line, "Started"));

        var promoted = (await directory.RunAsync("promote", BirdStrikes.Model, $"{other}", "--reason", "by hand", "--json")).ShouldExitWith(0).Json;
        Assert.Equal((champion, other), (promoted.GetProperty("from").GetInt32(), promoted.GetProperty("to").GetInt32()));
        var back = (await directory.RunAsync("rollback", BirdStrikes.Model, "--reason", "alarms", "--json")).ShouldExitWith(0).Json;
        Assert.Equal((other, champion), (back.GetProperty("from").GetInt32(), back.GetProperty("to").GetInt32()));
        (await directory.RunAsync("promote", BirdStrikes.Model, $"{other}", "--reason", "after all")).ShouldExitWith(0);
        var conflict = (await directory.RunAsync("promote", BirdStrikes.Model, $"{champion}", "--reason", "late", "--expect", $"{champion}")).ShouldExitWith(5);
        Assert.Contains($"is version {other}", conflict.Error, StringComparison.Ordinal);
        (await directory.RunAsync("rollback", BirdStrikes.Model, "--to", "9", "--reason", "none")).ShouldExitWith(4);

        var ended = await owner.EndAsync();
        Assert.Contains(ended.ExitCode, (int[])[0, 3]);
        Assert.Equal("Completed", ended.Run.GetProperty("status").GetString());
        Assert.Equal(
            other, ended.JsonLines[^1].GetProperty("result").GetProperty("evaluation").GetProperty("champion").GetProperty("version").GetInt32());
        Assert.Equal(
            ["by hand", "alarms", "after all"],
            (await ModelAsync()).GetProperty("history").EnumerateArray().Select(change => change.GetProperty("reason").GetString())
                .Where(reason => reason is "by hand" or "alarms" or "after all"));

        async Task MakeVersionAsync(string candidates)
        {
            directory.Write("pipeline.yaml", BirdStrikes.Pipeline(candidates));
            Assert.Contains((await directory.RunAsync("run", "pipeline.yaml")).ExitCode, (int[])[0, 3]);
        }

        async Task<JsonElement> ModelAsync() =>
            (await directory.RunAsync("models", BirdStrikes.Model, "--json")).ShouldExitWith(0).Json.GetProperty("models")[0];
    }

    [Fact]
    public async Task Unfinished_WithMoreData_ContinuesAndTheFilesWaitForTheNextRun()
    {
        using var directory = await WithDataAsync();
        await KillInTrainingAsync(directory, "pipeline.yaml");

        directory.Write("birdstrikes-1993.csv", "a,b\n1,2\n");
        var refused = (await directory.RunAsync("run", "pipeline.yaml", "--data", "birdstrikes-1993.csv", "--data", BirdStrikes.File(1994))).ShouldExitWith(5);
        Assert.Contains("would replace bird-strikes/birdstrikes-1993.csv", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(directory.At(".mldurable", "data", "bird-strikes", "birdstrikes-1994.csv")));

        var continued = await directory.RunYearsAsync(1993, 1994);
        Assert.Contains(continued.ExitCode, (int[])[0, 3]);
        var begin = continued.JsonLines.Single(line => line.GetProperty("event").GetString() == "run").GetProperty("run");
        Assert.True(begin.GetProperty("continued").GetBoolean());
        Assert.Equal(["bird-strikes/birdstrikes-1994.csv"], begin.GetProperty("waiting").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal(4, continued.Run.GetProperty("work").GetProperty("partitions").GetInt32());

        var plan = (await directory.RunAsync("plan", "pipeline.yaml", "--json")).ShouldExitWith(0).Json.GetProperty("plan");
        Assert.Equal(5, plan.GetProperty("partitions").GetArrayLength());
    }

    [Fact]
    public async Task Conflict_InADirectoryWithSpaces_GivesACommandThatCanBeCopied()
    {
        using var directory = await WithDataAsync("my pipelines");
        await KillInTrainingAsync(directory, "my pipelines/pipeline.yaml");
        var conflict = (await directory.RunAsync("run", "my pipelines/pipeline.yaml", "--set", "margin=0.5")).ShouldExitWith(5);
        var hints = conflict.Error.Split('`').Where(part => part.StartsWith("mldurable ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, hints.Count);
        Assert.All(hints, hint => Assert.EndsWith(" --store 'my pipelines/.mldurable'", hint, StringComparison.Ordinal));
        var id = hints[1].Split(' ')[2];
        Assert.Contains(id, (await directory.RunAsync("cancel", id, "--store", "my pipelines/.mldurable")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    private static async Task KillInTrainingAsync(TestDirectory directory, string pipeline)
    {
        using var interrupted = Tool.Watch(directory.Root, "run", pipeline, "--json");
        await interrupted.WaitForAsync(line => IsTraining(line, "Started"));
        interrupted.Process.Kill();
        await interrupted.EndAsync();
    }

    private static async Task<TestDirectory> WithDataAsync(string home = "")
    {
        var directory = new TestDirectory(BirdStrikes.LongPipeline());
        directory.Write(Path.Combine(home, "pipeline.yaml"), BirdStrikes.LongPipeline());
        foreach (var year in Years)
        {
            directory.Write($"{(home.Length == 0 ? "" : home + "/")}.mldurable/data/bird-strikes/birdstrikes-{year}.csv", await File.ReadAllBytesAsync(BirdStrikes.File(year)));
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
