using System.Globalization;
using System.Text.Json;

namespace MlDurable.EndToEnd.Tests;

public sealed class FlowTests(TrainedWorkspace trained) : IClassFixture<TrainedWorkspace>
{
    [Fact]
    public async Task Init_FromData_GivesAPipelineThatRuns()
    {
        using var directory = new TestDirectory();
        File.Delete(directory.At("pipeline.yaml"));
        (await directory.RunAsync("init", "--from", BirdStrikes.File(1998), "--name", "damage")).ShouldExitWith(0);
        Assert.Contains("pipeline: damage", await File.ReadAllTextAsync(directory.At("pipeline.yaml")), StringComparison.Ordinal);
        (await directory.RunAsync("validate", "pipeline.yaml")).ShouldExitWith(0);
        var plan = (await directory.RunAsync("plan", "pipeline.yaml", "--json")).ShouldExitWith(0).Json;
        Assert.Equal(1, plan.GetProperty("plan").GetProperty("partitions").GetArrayLength());
    }

    [Fact]
    public async Task Run_Twice_ReusesEverything()
    {
        using var directory = trained.Copy();
        var plan = (await directory.RunAsync("plan", "pipeline.yaml", "--json")).ShouldExitWith(0).Json;
        Assert.Equal([0, 1, 2], plan.GetProperty("cachedCandidates").EnumerateArray().Select(index => index.GetInt32()));
        Assert.All(plan.GetProperty("plan").GetProperty("partitions").EnumerateArray(), partition => Assert.True(partition.GetProperty("featurized").GetBoolean()));

        var run = (await directory.RunAsync("run", "pipeline.yaml", "--json")).ShouldExitWith(0).Run;
        Assert.Equal("Unchanged", run.GetProperty("outcome").GetString());
        var work = run.GetProperty("work");
        Assert.Equal((4, 0, 0, 3, 0), (
            work.GetProperty("partitions").GetInt32(),
            work.GetProperty("validated").GetInt32(),
            work.GetProperty("featurized").GetInt32(),
            work.GetProperty("candidates").GetInt32(),
            work.GetProperty("trained").GetInt32()));
    }

    [Fact]
    public async Task Run_WithANewYear_DoesOnlyTheNewYear()
    {
        using var directory = trained.Copy();
        var result = await directory.RunYearsAsync(1994);
        var work = result.Run.GetProperty("work");
        Assert.Equal(1, work.GetProperty("validated").GetInt32());
        Assert.Equal(1, work.GetProperty("featurized").GetInt32());
        Assert.Equal(3, work.GetProperty("trained").GetInt32());
        Assert.Equal(result.ExitCode, result.JsonLines[^1].GetProperty("result").GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task Run_WithTheSameFileAgain_DoesNotWriteIt()
    {
        using var directory = trained.Copy();
        var lines = (await directory.RunYearsAsync(1993)).ShouldExitWith(0).JsonLines;
        Assert.Equal("identical", lines[0].GetProperty("file").GetProperty("result").GetString());
    }

    [Fact]
    public async Task Version_IsTheProducts() =>
        Assert.StartsWith("0.", (await trained.Directory.RunAsync("--version")).ShouldExitWith(0).Output, StringComparison.Ordinal);

    [Fact]
    public async Task Show_Export_WritesTheFiles()
    {
        using var directory = trained.Copy();
        (await directory.RunAsync("show", "latest", "--export", "out")).ShouldExitWith(0);
        var leaderboard = await File.ReadAllLinesAsync(directory.At("out", "leaderboard.csv"));
        Assert.Equal(4, leaderboard.Length);
        Assert.StartsWith("rank,trainer,", leaderboard[0], StringComparison.Ordinal);
        Assert.True((await File.ReadAllLinesAsync(directory.At("out", "predictions.csv"))).Length > 100);
        Assert.Contains("\"verdict\"", await File.ReadAllTextAsync(directory.At("out", "evaluation.json")), StringComparison.Ordinal);
        Assert.Contains("<html", await File.ReadAllTextAsync(directory.At("out", "report.html")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Predict_AppendsProbabilityAndDecisionToEveryRow()
    {
        var scored = (await trained.Directory.RunAsync("predict", BirdStrikes.Model, "--input", BirdStrikes.File(1995))).ShouldExitWith(0);
        var input = await File.ReadAllLinesAsync(BirdStrikes.File(1995));
        var output = scored.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(input.Length, output.Length);
        Assert.Equal(input[0] + ",probability,decision", output[0]);
        for (var row = 1; row < input.Length; row++)
        {
            Assert.StartsWith(input[row] + ",", output[row], StringComparison.Ordinal);
            var probability = double.Parse(output[row].Split(',')[^2], CultureInfo.InvariantCulture);
            Assert.InRange(probability, 0, 1);
        }
    }

    [Fact]
    public async Task Export_Champion_IsAnOnnxFileAndNamesWhatIsNotThere()
    {
        using var directory = trained.Copy();

        var exported = (await directory.RunAsync("export", BirdStrikes.Model, "--output", "model.onnx", "--json")).ShouldExitWith(0);

        var bytes = await File.ReadAllBytesAsync(directory.At("model.onnx"));
        Assert.Contains($"\"bytes\":{bytes.Length}", exported.Output, StringComparison.Ordinal);
        Assert.True(bytes.AsSpan().IndexOf("ai.onnx.ml"u8) > 0);
        Assert.False(File.Exists(directory.At("model.onnx.part")));
        (await directory.RunAsync("export", $"{BirdStrikes.Model}/99", "--output", "none.onnx")).ShouldExitWith(4);
        Assert.False(File.Exists(directory.At("none.onnx")));
    }

    [Fact]
    public async Task Predict_Explain_AppendsTheReasonsOfEveryRow()
    {
        var plain = (await trained.Directory.RunAsync("predict", BirdStrikes.Model, "--input", BirdStrikes.File(1995))).ShouldExitWith(0).Output.Split('\n');
        var explained = (await trained.Directory.RunAsync("predict", BirdStrikes.Model, "--input", BirdStrikes.File(1995), "--explain", "2")).ShouldExitWith(0).Output.Split('\n');
        Assert.Equal(plain.Length, explained.Length);
        Assert.Equal(plain[0] + ",explanation", explained[0]);
        foreach (var (before, after) in plain.Zip(explained).Skip(1).SkipLast(1))
        {
            Assert.StartsWith(before + ",\"{", after, StringComparison.Ordinal);
            using var explanation = JsonDocument.Parse(after[(before.Length + 2)..^1].Replace("\"\"", "\"", StringComparison.Ordinal));
            Assert.InRange(explanation.RootElement.GetProperty("reasons").GetArrayLength(), 1, 2);
        }
    }

    [Fact]
    public async Task Predict_FromStandardInputToAFile_GivesTheSameRows()
    {
        using var directory = trained.Copy();
        var input = await File.ReadAllTextAsync(BirdStrikes.File(1995));
        (await Tool.RunAsync(directory.Root, input, ["predict", $"{BirdStrikes.Model}@champion", "--input", "-", "--output", "scored.csv"])).ShouldExitWith(0);
        var direct = await directory.RunAsync("predict", $"{BirdStrikes.Model}/1", "--input", BirdStrikes.File(1995));
        Assert.Equal(direct.Output, await File.ReadAllTextAsync(directory.At("scored.csv")));
        Assert.False(File.Exists(directory.At("scored.csv.part")));
    }

    [Fact]
    public async Task Predict_WithoutANeededColumn_NamesIt()
    {
        using var directory = trained.Copy();
        var lines = await File.ReadAllLinesAsync(BirdStrikes.File(1995));
        directory.Write("short.csv", string.Join('\n', lines.Select(line => line[(line.IndexOf(',', StringComparison.Ordinal) + 1)..])));
        var result = (await directory.RunAsync("predict", BirdStrikes.Model, "--input", "short.csv")).ShouldExitWith(2);
        Assert.Contains("'Airport Name'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_WithValuesOfAnotherType_WarnsAndCounts()
    {
        using var directory = trained.Copy();
        var lines = await File.ReadAllLinesAsync(BirdStrikes.File(1995));
        lines[3] = lines[3][..lines[3].LastIndexOf(',')] + ",fast";
        directory.Write("typed.csv", string.Join('\n', lines));
        var result = (await directory.RunAsync("predict", BirdStrikes.Model, "--input", "typed.csv", "--output", "o.csv")).ShouldExitWith(0);
        Assert.Contains("'Speed IAS in knots': 1 value not of type number counted as missing; the first is 'fast' in line 4", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reproduce_GivesTheSameFileBitForBit()
    {
        var result = (await trained.Directory.RunAsync("reproduce", "latest", "--json")).ShouldExitWith(0).Json;
        Assert.True(result.GetProperty("identical").GetBoolean());
        Assert.Equal(result.GetProperty("modelHash").GetString(), result.GetProperty("newModelHash").GetString());
    }

    [Fact]
    public async Task Reproduce_InAPipe_SaysWhatTakesLong() =>
        Assert.StartsWith(
            "training the model again …\nidentical: ",
            (await trained.Directory.RunAsync("reproduce", "latest")).ShouldExitWith(0).Output,
            StringComparison.Ordinal);

    [Fact]
    public async Task Compare_OfTwoRuns_ShowsWhatDiffers()
    {
        using var directory = trained.Copy();
        var first = (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs")[0].GetProperty("runId").GetString()!;
        (await directory.RunAsync("run", "pipeline.yaml", "--set", "margin=0.05", "--json")).ShouldExitWith(0);
        var comparison = (await directory.RunAsync("compare", first, "latest", "--json")).ShouldExitWith(0).Json;
        var margin = comparison.GetProperty("differences").EnumerateArray().Single(line => line.GetProperty("name").GetString() == "parameter margin");
        Assert.Equal(("0.02", "0.05"), (margin.GetProperty("first").GetString(), margin.GetProperty("second").GetString()));
        Assert.True(comparison.GetProperty("sameRows").GetBoolean());
    }

    [Fact]
    public async Task PromoteAndRollback_MoveTheChampionAndAreInTheHistory()
    {
        using var directory = trained.Copy();
        directory.Write("pipeline.yaml", BirdStrikes.Pipeline("- { trainer: logistic-regression, l2: 100 }"));
        Assert.Contains((await directory.RunAsync("run", "pipeline.yaml", "--json")).ExitCode, (int[])[0, 3]);
        var model = (await directory.RunAsync("models", BirdStrikes.Model, "--json")).ShouldExitWith(0).Json.GetProperty("models")[0];
        Assert.Equal(2, model.GetProperty("versions").GetArrayLength());
        var champion = model.GetProperty("aliases").GetProperty("champion").GetInt32();
        var other = 3 - champion;

        (await directory.RunAsync("promote", BirdStrikes.Model, $"{other}", "--reason", "by hand", "--expect", $"{other}")).ShouldExitWith(5);
        (await directory.RunAsync("promote", BirdStrikes.Model, $"{other}", "--reason", "by hand", "--expect", $"{champion}")).ShouldExitWith(0);
        Assert.Contains("already", (await directory.RunAsync("promote", BirdStrikes.Model, $"{other}", "--reason", "again")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        (await directory.RunAsync("promote", BirdStrikes.Model, "9", "--reason", "none")).ShouldExitWith(4);
        var back = (await directory.RunAsync("rollback", BirdStrikes.Model, "--reason", "alarms", "--json")).ShouldExitWith(0).Json;
        Assert.Equal((other, champion), (back.GetProperty("from").GetInt32(), back.GetProperty("to").GetInt32()));
        var text = (await directory.RunAsync("models", BirdStrikes.Model)).ShouldExitWith(0).Output;
        Assert.Contains("by hand", text, StringComparison.Ordinal);
        Assert.Contains("alarms", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_InAPipe_HasNoEscapeSequences()
    {
        foreach (var args in new string[][] { ["runs"], ["show"], ["models", BirdStrikes.Model], ["plan", "pipeline.yaml"], ["validate", "pipeline.yaml"], ["--help"] })
        {
            var result = (await trained.Directory.RunAsync(args)).ShouldExitWith(0);
            Assert.NotEmpty(result.Output);
            Assert.DoesNotContain('\e', result.Output);
            Assert.DoesNotContain('\e', result.Error);
        }
    }

    [Theory]
    [InlineData("runs")]
    [InlineData("show", "latest")]
    [InlineData("models")]
    [InlineData("plan", "pipeline.yaml")]
    [InlineData("validate", "pipeline.yaml")]
    public async Task Json_OfReadingCommands_IsOneDocument(params string[] args) =>
        Assert.Equal(
            System.Text.Json.JsonValueKind.Object, (await trained.Directory.RunAsync([.. args, "--json"])).ShouldExitWith(0).Json.ValueKind);

    [Fact]
    public async Task Quarantine_KeepsTheChampionAndExitsWith3()
    {
        using var directory = trained.Copy();
        var lines = await File.ReadAllLinesAsync(BirdStrikes.File(1994));
        directory.Write("birdstrikes-1994.csv", string.Join('\n', lines.Select((line, index) => index % 3 == 1 ? line[..line.LastIndexOf(',')] + ",9999" : line)));
        var result = (await directory.RunAsync("run", "pipeline.yaml", "--data", "birdstrikes-1994.csv")).ShouldExitWith(3);
        Assert.Contains("quarantined", result.Output, StringComparison.Ordinal);
        Assert.Contains("'Speed IAS in knots'", result.Output, StringComparison.Ordinal);
        (await directory.RunAsync("validate", "pipeline.yaml")).ShouldExitWith(3);
        var model = (await directory.RunAsync("models", BirdStrikes.Model, "--json")).Json.GetProperty("models")[0];
        Assert.Equal(1, model.GetProperty("aliases").GetProperty("champion").GetInt32());
    }
}
