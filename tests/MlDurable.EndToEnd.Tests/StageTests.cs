using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlDurable.EndToEnd.Tests;

/// <summary>Runs of one stage, and backfills.</summary>
public sealed class StageTests(TrainedWorkspace trained) : IClassFixture<TrainedWorkspace>
{
    [Fact]
    public async Task Score_WritesTheChampionsPredictionsOnceAndExitsWith3WhenAFileIsBad()
    {
        using var directory = trained.Copy();
        directory.Write("pipeline.yaml", BirdStrikes.Pipeline() + "\nscore: { files: incoming/*.csv }\n");
        directory.Write(".mldurable/data/incoming/1995.csv", await File.ReadAllBytesAsync(BirdStrikes.File(1995)));

        var run = (await directory.RunAsync("run", "pipeline.yaml", "--stage", "score", "--json")).ShouldExitWith(0).Run;
        Assert.Equal(("Scored", 1), (run.GetProperty("outcome").GetString(), run.GetProperty("scoring").GetProperty("scored").GetInt32()));
        var direct = await directory.RunAsync("predict", $"{BirdStrikes.Model}/1", "--input", BirdStrikes.File(1995));
        Assert.Equal(direct.Output, await File.ReadAllTextAsync(directory.At(".mldurable", "predictions", BirdStrikes.Model, "1", "incoming", "1995.csv.csv")));

        Assert.Contains("unchanged", (await directory.RunAsync("run", "pipeline.yaml", "--stage", "score")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        directory.Write(".mldurable/data/incoming/bad.csv", "a,b\n1\n");
        var partly = (await directory.RunAsync("run", "pipeline.yaml", "--stage", "score")).ShouldExitWith(3);
        Assert.Contains("incoming/bad.csv", partly.Output, StringComparison.Ordinal);
        Assert.Contains("csv-ragged-row", partly.Output, StringComparison.Ordinal);
        Assert.Contains("incomplete", (await directory.RunAsync("show", "latest")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_WithoutAChampion_IsNotFound()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline() + "\nscore: {}\n");
        Assert.Contains("no champion", (await directory.RunAsync("run", "pipeline.yaml", "--stage", "score", "--data", BirdStrikes.File(1995))).ShouldExitWith(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Featurize_LeavesNothingToDoButTheLearning()
    {
        using var directory = new TestDirectory();
        Assert.Contains(
            "featurized", (await directory.RunAsync("run", "pipeline.yaml", "--stage", "featurize", "--data", BirdStrikes.File(1990), "--data", BirdStrikes.File(1991))).ShouldExitWith(0).Output, StringComparison.Ordinal);
        var work = (await directory.RunAsync("run", "pipeline.yaml", "--json")).Run.GetProperty("work");
        Assert.Equal((0, 0, 3), (work.GetProperty("validated").GetInt32(), work.GetProperty("featurized").GetInt32(), work.GetProperty("trained").GetInt32()));
    }

    [Fact]
    public async Task Backfill_KilledAndInterrupted_TheSameCommandContinuesAndRepeatsNothing()
    {
        using var directory = await WithDataAsync(1990, 1994);
        string[] command = ["backfill", "pipeline.yaml", "--from", "1992-01-01", "--to", "1995-01-01", "--every", "365d", "--json"];

        var ended = new List<string>();
        using (var killed = Tool.Watch(directory.Root, command))
        {
            Note(ended, await killed.WaitForAsync(IsEnd));
            killed.Process.Kill();
            await killed.EndAsync();
        }

        using (var interrupted = Tool.Watch(directory.Root, command))
        {
            Note(ended, await interrupted.WaitForAsync(IsEnd));
            interrupted.Signal(PosixSignal.SIGINT);
            var result = await interrupted.EndAsync();
            ended.AddRange(Ends(result).Skip(1));
            Assert.Contains(result.ExitCode, (int[])[130, 0]);
        }

        var last = (await directory.RunAsync(command)).ShouldExitWith(0);
        ended.AddRange(Ends(last));

        var backfilled = last.JsonLines[^1].GetProperty("backfilled");
        Assert.Equal((4, 0, 0), (backfilled.GetProperty("completed").GetInt32(), backfilled.GetProperty("failed").GetInt32(), backfilled.GetProperty("open").GetInt32()));
        Assert.Equal(ended.Distinct(), ended);
        var runs = (await directory.RunAsync("runs", "--json")).ShouldExitWith(0).Json.GetProperty("runs");
        Assert.Equal(4, runs.GetArrayLength());
        Assert.Equal("Promoted", runs[3].GetProperty("outcome").GetString());
        Assert.Contains("ended", (await directory.RunAsync("backfills")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backfill_OverAChampionOfToday_KeepsIt()
    {
        using var directory = trained.Copy();
        var dry = (await directory.RunAsync("backfill", "pipeline.yaml", "--partitions", "--to", "bird-strikes/birdstrikes-1992.csv", "--dry-run")).ShouldExitWith(0);
        Assert.Contains("3 to do", dry.Output, StringComparison.Ordinal);

        (await directory.RunAsync("backfill", "pipeline.yaml", "--partitions", "--from", "bird-strikes/birdstrikes-1992.csv", "--to", "bird-strikes/birdstrikes-1992.csv")).ShouldExitWith(0);

        var model = (await directory.RunAsync("models", BirdStrikes.Model, "--json")).ShouldExitWith(0).Json.GetProperty("models")[0];
        Assert.Equal(1, model.GetProperty("aliases").GetProperty("champion").GetInt32());
        Assert.Contains("which was made from later data, stays champion", (await directory.RunAsync("runs")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_OfAnInterruptedBackfill_EndsItForGood()
    {
        using var directory = await WithDataAsync(1990, 1993);
        string[] command = ["backfill", "pipeline.yaml", "--from", "1992-01-01", "--to", "1994-01-01", "--every", "365d", "--json"];
        string id;
        using (var killed = Tool.Watch(directory.Root, command))
        {
            id = (await killed.WaitForAsync(line => line.GetProperty("event").GetString() == "backfill")).GetProperty("backfill").GetProperty("backfill").GetProperty("id").GetString()!;
            killed.Process.Kill();
            await killed.EndAsync();
        }

        (await directory.RunAsync("cancel", id)).ShouldExitWith(0);

        Assert.Contains("cancelled", (await directory.RunAsync("backfills")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        (await directory.RunAsync("cancel", id)).ShouldExitWith(5);
        Assert.Contains("no unfinished run", (await directory.RunAsync("resume")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        (await directory.RunAsync(command)).ShouldExitWith(1);
    }

    private static bool IsEnd(JsonElement line) => line.GetProperty("event").GetString() == "ended";

    private static void Note(List<string> ended, JsonElement line) => ended.Add(line.GetProperty("ended").GetProperty("runId").GetString()!);

    private static IEnumerable<string> Ends(ToolResult result) =>
        result.JsonLines.Where(IsEnd).Select(line => line.GetProperty("ended").GetProperty("runId").GetString()!);

    private static async Task<TestDirectory> WithDataAsync(int from, int to)
    {
        var directory = new TestDirectory();
        for (var year = from; year <= to; year++)
        {
            directory.Write($".mldurable/data/bird-strikes/birdstrikes-{year}.csv", await File.ReadAllBytesAsync(BirdStrikes.File(year)));
        }

        return directory;
    }
}
