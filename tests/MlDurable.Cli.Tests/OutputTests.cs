using System.Text.Json;
using MlDurable.Cli.Demo;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Tests;

public sealed class OutputTests : IDisposable
{
    private readonly CliHost cli = new();

    [Fact]
    public void TextTable_AlignsTextLeftAndNumbersRight() =>
        Assert.Equal(
            [
                "name    value  note",
                "short     0.5  a",
                "longer   12.0",
            ],
            new TextTable("name", "value", "note").Add("short", "0.5", "a").Add("longer", "12.0", "").Lines());

    [Fact]
    public void TextTable_ValuesWithControlCharacters_StayOnOneLineWithoutEscapes() =>
        Assert.Equal("a b [31mc", new TextTable("x").Add("a\nb\e[31mc").Lines().Last());

    [Fact]
    public void Terminal_InAPipe_HasNoColours()
    {
        new Terminal(cli.Host(), json: false, noColor: false).Line(Tone.Good, "good", ": fine");
        Assert.Equal("good: fine\n", cli.Output);
    }

    [Fact]
    public void Terminal_OnATerminal_ColoursTheWord()
    {
        new Terminal(cli.Host(terminal: true), json: false, noColor: false).Line(Tone.Good, "good", ": fine");
        Assert.Equal("\e[32mgood\e[0m: fine\n", cli.Output);
    }

    [Theory]
    [InlineData("NO_COLOR", "1", false)]
    [InlineData("TERM", "dumb", false)]
    [InlineData("OTHER", "1", true)]
    public void Terminal_HonoursTheEnvironment(string variable, string value, bool colours)
    {
        cli.Set(variable, value);
        new Terminal(cli.Host(terminal: true), json: false, noColor: false).Line(Tone.Bad, "bad", "");
        Assert.Equal(colours, cli.Output.Contains('\e', StringComparison.Ordinal));
    }

    [Fact]
    public void Terminal_WithJson_WritesNothingForPeople()
    {
        var terminal = new Terminal(cli.Host(terminal: true), json: true, noColor: false);
        terminal.Line("text");
        terminal.Remark("remark");
        terminal.Error("usage", "wrong");
        Assert.Empty(cli.Output);
        Assert.Equal("{\"error\":{\"code\":\"usage\",\"message\":\"wrong\"}}\n", cli.Error);
        Assert.False(terminal.IsInteractive);
    }

    [Fact]
    public void PlainRunView_SumsStagesUpAndNamesEachCandidateOnce()
    {
        var view = new PlainRunView(new Terminal(cli.Host(), json: false, noColor: false), "");
        view.Happened(Step("validate", RunStepState.Started, 0));
        view.Happened(Step("validate", RunStepState.Finished, 0) with { Reused = true, Passed = true });
        view.Happened(Step("validate", RunStepState.Finished, 1) with { Reused = false, Passed = false });
        view.Happened(Step("train", RunStepState.Started, 0));
        view.Happened(Step("train", RunStepState.Progress, 0) with { Fraction = 0.5 });
        view.Happened(Step("train", RunStepState.Finished, 0) with { Value = 0.75 });
        view.Happened(Step("train", RunStepState.Finished, 0) with { Value = 0.75 });
        view.Happened(Step("train", RunStepState.Failed, 1) with { Message = "no room" });
        view.Happened(Step("train", RunStepState.Finished, 1) with { Value = 0.5, Reused = true });
        Assert.Equal(
            """
              validate: 2 partitions, 1 new, 1 reused, 1 broken
              train 1/2: item 0, 0.7500
              train item 1: an attempt failed: no room
              train 2/2: item 1, 0.5000 (reused)

            """,
            cli.Output);
    }

    [Fact]
    public void PlainRunView_OfAContinuedRun_CountsWhatHadFinished()
    {
        var view = new PlainRunView(new Terminal(cli.Host(), json: false, noColor: false), "");
        view.AlreadyFinished(new HashSet<int> { 0 });
        view.Happened(Step("train", RunStepState.Finished, 1) with { Value = 0.5 });
        Assert.Equal("  1 candidate finished before; they are not trained again\n  train 2/2: item 1, 0.5000\n", cli.Output);
    }

    [Fact]
    public void JsonRunView_WritesOneLineForEachEvent()
    {
        var view = new JsonRunView(new Terminal(cli.Host(), json: true, noColor: false));
        view.Happened(Step("train", RunStepState.Finished, 1) with { Value = 0.5 });
        using var line = JsonDocument.Parse(cli.Output);
        Assert.Equal("step", line.RootElement.GetProperty("event").GetString());
        var step = line.RootElement.GetProperty("step");
        Assert.Equal(("train", "Finished", 1, 0.5), (
            step.GetProperty("stage").GetString(), step.GetProperty("state").GetString(), step.GetProperty("index").GetInt32(), step.GetProperty("value").GetDouble()));
    }

    [Theory]
    [InlineData(RunOutcome.Promoted, "promoted version 3: fine\n")]
    [InlineData(RunOutcome.Kept, "kept: fine\n")]
    public void RunReport_Verdict_IsOneLine(RunOutcome outcome, string expected)
    {
        RunReport.WriteVerdict(
            new Terminal(cli.Host(), json: false, noColor: false),
            Records.Run() with { Status = RunStatus.Completed, Outcome = outcome, Version = 3, Summary = "fine" });
        Assert.Equal(expected, cli.Output);
    }

    [Fact]
    public async Task DamagedCopy_ShiftsCellsAndSpoilsSpeedsAndSpecies()
    {
        var source = cli.Write("in.csv", "Airport,Wildlife Species,Speed IAS in knots\n" + string.Concat(Enumerable.Range(1, 10).Select(row => $"a{row},owl,{row}\n")));
        await DamagedCopy.WriteAsync(source, source + ".out", CancellationToken.None);
        var lines = await File.ReadAllLinesAsync(source + ".out");
        Assert.Equal("a1,owl,1", lines[1]);
        Assert.Equal("a3,XX-3,3", lines[3]);
        Assert.Equal("5,a5,owl", lines[5]);
        Assert.Equal("a7,owl,9007", lines[7]);
        Assert.Equal(11, lines.Length);
    }

    public void Dispose() => cli.Dispose();

    private static RunStep Step(string stage, RunStepState state, int index) =>
        new("run", stage, state) { Index = index, Count = 2, Name = $"item {index}" };
}
