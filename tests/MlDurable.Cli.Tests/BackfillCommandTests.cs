using System.Text.Json;

namespace MlDurable.Cli.Tests;

public sealed class BackfillCommandTests : IDisposable
{
    private static readonly string Timed = SamplePipeline.Yaml.Replace("  label:", "  time: day\n  label:", StringComparison.Ordinal);

    private static readonly string Scheduled = Timed + """

        triggers:
          - schedule: { name: nightly, cron: "0 0 3 * * *", zone: Europe/Berlin, stage: featurize, set: { margin: 0.1 } }
        """;

    private readonly CliHost cli = new();

    [Fact]
    public async Task DryRun_OfASchedule_NamesItsInstantsAndWritesNothing()
    {
        cli.Write("pipeline.yaml", Scheduled);

        Assert.Equal(0, await cli.RunAsync("backfill", "pipeline.yaml", "--from", "2026-03-28", "--to", "2026-03-30T23:00:00Z", "--dry-run", "--json"));

        var document = JsonDocument.Parse(cli.Output).RootElement;
        Assert.Equal(
            ["2026-03-28T02:00:00+00:00", "2026-03-29T01:00:00+00:00", "2026-03-30T01:00:00+00:00"],
            document.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("asOf").GetString()));
        var backfill = document.GetProperty("backfill");
        Assert.Equal(("Featurize", "0.1"), (backfill.GetProperty("stage").GetString(), backfill.GetProperty("parameters").GetProperty("margin").GetString()));
        Assert.Equal(3, document.GetProperty("open").GetInt32());
        Assert.False(Directory.Exists(Path.Combine(cli.Directory, ".mldurable")));
    }

    [Fact]
    public async Task DryRun_OfAnInterval_BeginsWithFrom()
    {
        cli.Write("pipeline.yaml", Timed);

        Assert.Equal(0, await cli.RunAsync("backfill", "pipeline.yaml", "--from", "2026-01-01T06:00:00Z", "--to", "2026-01-20", "--every", "7d", "--dry-run"));

        Assert.Contains("2026-01-01 06:00:00Z", cli.Output, StringComparison.Ordinal);
        Assert.Contains("2026-01-15 06:00:00Z", cli.Output, StringComparison.Ordinal);
        Assert.Contains("0 completed, 0 failed, 3 to do", cli.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'every' and 'partitions'", "--every", "1d", "--partitions")]
    [InlineData("'from' is needed", "--to", "2026-01-02", "--every", "1d")]
    [InlineData("not 'soon'", "--from", "soon", "--to", "2026-01-02", "--every", "1d")]
    [InlineData("not '1 day'", "--from", "2026-01-01", "--to", "2026-01-02", "--every", "1 day")]
    [InlineData("has 0 schedules", "--from", "2026-01-01", "--to", "2026-01-02")]
    [InlineData("no schedule 'nightly'", "--from", "2026-01-01", "--to", "2026-01-02", "--schedule", "nightly")]
    [InlineData("--parallel takes", "--partitions", "--parallel", "0")]
    [InlineData("Argument 'everything' not recognized", "--partitions", "--stage", "everything")]
    [InlineData("holds none", "--from", "2026-01-02", "--to", "2026-01-01", "--every", "1d")]
    [InlineData("make up for the past", "--from", "2026-01-02", "--to", "2999-01-01", "--every", "1d")]
    [InlineData("no `score:` section", "--partitions", "--stage", "score")]
    public async Task Mistakes_AreSaidBeforeAnythingIsWritten(string message, params string[] args)
    {
        cli.Write("pipeline.yaml", Timed);

        Assert.Equal(2, await cli.RunAsync(["backfill", "pipeline.yaml", .. args]));

        Assert.Contains(message, cli.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(cli.Directory, ".mldurable")));
    }

    [Fact]
    public async Task Backfill_WithoutATimeColumn_SaysWhatIsMissing()
    {
        cli.Write("pipeline.yaml", SamplePipeline.Yaml);

        Assert.Equal(2, await cli.RunAsync("backfill", "pipeline.yaml", "--from", "2026-01-01", "--to", "2026-01-02", "--every", "1d"));

        Assert.Contains("`data.time`", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StageScoreWithoutTheSection_IsRefused()
    {
        cli.Write("pipeline.yaml", SamplePipeline.Yaml);

        Assert.Equal(2, await cli.RunAsync("run", "pipeline.yaml", "--stage", "score"));

        Assert.Contains("no `score:` section", cli.Error, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
