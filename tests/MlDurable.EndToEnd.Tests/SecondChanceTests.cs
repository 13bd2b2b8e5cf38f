using System.Text.RegularExpressions;

namespace MlDurable.EndToEnd.Tests;

/// <summary>Runs that a person takes up again: after a failure, after the end, after too many crashes.</summary>
public sealed partial class SecondChanceTests
{
    [Fact]
    public async Task Rewind_OfARunThatFoundNoData_GoesOnWhenThereIsSome()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline());
        (await directory.RunAsync("run", "pipeline.yaml", "--priority", "urgent")).ShouldExitWith(2);
        (await directory.RunAsync("run", "pipeline.yaml", "--priority", "high", "--json")).ShouldExitWith(4);
        PutTwoYears(directory);

        var rewound = (await directory.RunAsync("rewind", "latest", "--json")).ShouldExitWith(0);

        Assert.Equal("Promoted", rewound.Run.GetProperty("outcome").GetString());
        Assert.Equal("High", rewound.Run.GetProperty("priority").GetString());
        Assert.Contains("priority: high", (await directory.RunAsync("show")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs").GetArrayLength());
        var refused = (await directory.RunAsync("rewind", "latest")).ShouldExitWith(5);
        Assert.Contains("only a failed run can be rewound", refused.Error, StringComparison.Ordinal);

        var restarted = (await directory.RunAsync("restart", "latest", "--set", "margin=0.05", "--json")).ShouldExitWith(0);
        Assert.Equal("Unchanged", restarted.Run.GetProperty("outcome").GetString());
        Assert.Equal("0.05", restarted.Run.GetProperty("parameters").GetProperty("margin").GetString());
        Assert.Equal(rewound.Run.GetProperty("runId").GetString(), restarted.Run.GetProperty("trigger").GetProperty("name").GetString());
        (await directory.RunAsync("restart", "latest", "--set", "unknown=1")).ShouldExitWith(2);
    }

    [Fact]
    public async Task Quarantine_OfAStepThatFiveCrashesMet_WaitsForAPersonAndGoesOn()
    {
        // One candidate that takes its time, beside the baseline.
        using var directory = new TestDirectory(BirdStrikes.Pipeline("- { trainer: gradient-boosting, trees: 5000, leaves: 31, learning-rate: 0.001, early-stopping-rounds: 0 }"));
        string[] arguments = ["run", "pipeline.yaml", "--json", "--data", BirdStrikes.File(1990), "--data", BirdStrikes.File(1991)];
        for (var crash = 0; crash < 5; crash++)
        {
            using var victim = Tool.Watch(directory.Root, arguments);
            await victim.WaitForAsync(line => line.TryGetProperty("step", out var step)
                && step.GetProperty("stage").GetString() == "train" && step.GetProperty("state").GetString() == "Started" && step.GetProperty("index").GetInt32() == 0);
            victim.Process.Kill();
            await victim.EndAsync();
        }

        var waits = (await directory.RunAsync(arguments)).ShouldExitWith(1);
        Assert.Contains("waits for a person", waits.Error, StringComparison.Ordinal);
        var step = StepNumber().Match(waits.Error).Groups["number"].Value;
        (await directory.RunAsync("skip", "latest", step, "--output", "[]")).ShouldExitWith(2);
        (await directory.RunAsync("retry", "latest", "9999")).ShouldExitWith(5);

        // The baseline may have been under way beside it each time.
        var retried = new HashSet<string>();
        var resumed = waits;
        while (resumed.ExitCode == 1 && retried.Add(StepNumber().Match(resumed.Error).Groups["number"].Value))
        {
            (await directory.RunAsync("retry", "latest", retried.Last(), "--reason", "it was the test")).ShouldExitWith(0);
            resumed = await directory.RunAsync("resume", "--json");
        }

        Assert.Equal("Completed", resumed.ShouldExitWith(0).Run.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Purge_AloneAndBesideAnOwner_ForgetsWhatItsDryRunCounts()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline() + "\napprove: { not-author: false }\n");
        Assert.Equal(0, await PurgedAsync("1s"));
        PutTwoYears(directory);

        // A backfill and its two runs, which are its children.
        (await directory.RunAsync("backfill", "pipeline.yaml", "--partitions", "--stage", "featurize", "--json")).ShouldExitWith(0);
        int counted;
        do
        {
            // It ended less than a second ago.
            counted = await PurgedAsync("1s", "--dry-run");
        }
        while (counted == 0);

        Assert.Equal(3, counted);
        Assert.Equal(0, await PurgedAsync("1h"));
        Assert.Equal(0, await PurgedAsync("1s", "--status", "failed"));
        Assert.Contains("not 'soon'", (await directory.RunAsync("purge", "--older-than", "soon")).ShouldExitWith(2).Error, StringComparison.Ordinal);
        Assert.Contains("completed, failed or terminated", (await directory.RunAsync("purge", "--older-than", "1s", "--status", "running")).ShouldExitWith(2).Error, StringComparison.Ordinal);

        using var owner = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json");
        await owner.WaitForAsync(line => line.TryGetProperty("step", out var step) && step.TryGetProperty("waiting", out _));
        Assert.Equal(3, await PurgedAsync("1s", "--dry-run"));
        Assert.Equal(3, await PurgedAsync("1s"));
        Assert.Equal(0, await PurgedAsync("1s"));
        Assert.Equal(3, (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs").GetArrayLength());
        (await directory.RunAsync("approve", "latest")).ShouldExitWith(0);
        (await owner.EndAsync()).ShouldExitWith(0);
        do
        {
            counted = await PurgedAsync("1s");
        }
        while (counted == 0);

        Assert.Equal(1, counted);

        async Task<int> PurgedAsync(string olderThan, params string[] options) =>
            (await directory.RunAsync(["purge", "--older-than", olderThan, "--json", .. options])).ShouldExitWith(0).Json.GetProperty("purged").GetInt32();
    }

    private static void PutTwoYears(TestDirectory directory)
    {
        foreach (var year in new[] { 1990, 1991 })
        {
            var target = directory.At(".mldurable", "data", "bird-strikes", $"{year}.csv");
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(BirdStrikes.File(year), target);
        }
    }

    [GeneratedRegex("step (?<number>[0-9]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex StepNumber();
}
