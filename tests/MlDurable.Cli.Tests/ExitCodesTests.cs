using System.Collections.Immutable;
using MlDurable.Cli.Running;
using MlDurable.Learning.Tables;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Cli.Tests;

public sealed class ExitCodesTests
{
    [Theory]
    [InlineData("usage", 2)]
    [InlineData("pipeline-invalid", 2)]
    [InlineData("unknown-column", 2)]
    [InlineData("signature-mismatch", 2)]
    [InlineData("csv-ragged-row", 2)]
    [InlineData("invalid-store", 2)]
    [InlineData("no-readable-partition", 3)]
    [InlineData("file-not-found", 4)]
    [InlineData("no-partitions", 4)]
    [InlineData("run-not-found", 4)]
    [InlineData("model-not-found", 4)]
    [InlineData("version-not-found", 4)]
    [InlineData("pipeline-not-deployed", 4)]
    [InlineData("schedule-not-found", 4)]
    [InlineData("workspace-owned", 5)]
    [InlineData("run-unfinished", 5)]
    [InlineData("superseded", 5)]
    [InlineData("run-ended", 5)]
    [InlineData("journal-corrupt", 1)]
    [InlineData("store-full", 1)]
    [InlineData("store-read-only", 1)]
    [InlineData("one-class", 1)]
    [InlineData(null, 1)]
    public void OfError_IsWhatTheTableSays(string? code, int expected) => Assert.Equal(expected, ExitCodes.OfError(code));

    [Theory]
    [InlineData(RunOutcome.Promoted, 0)]
    [InlineData(RunOutcome.Unchanged, 0)]
    [InlineData(RunOutcome.Kept, 3)]
    [InlineData(RunOutcome.Inconclusive, 3)]
    [InlineData(RunOutcome.Blocked, 3)]
    [InlineData(RunOutcome.Quarantined, 3)]
    public void OfRun_Completed_FollowsTheOutcome(RunOutcome outcome, int expected) =>
        Assert.Equal(expected, ExitCodes.OfRun(Records.Run() with { Status = RunStatus.Completed, Outcome = outcome }));

    [Theory]
    [InlineData("no-partitions", 4)]
    [InlineData("unknown-column", 2)]
    [InlineData("one-class", 1)]
    public void OfRun_Failed_FollowsTheFailure(string code, int expected) =>
        Assert.Equal(expected, ExitCodes.OfRun(Records.Run() with { Status = RunStatus.Failed, Failure = new RunFailure(code, "plan", "it failed") }));

    [Fact]
    public void OfRun_Cancelled_IsAFailure() =>
        Assert.Equal(1, ExitCodes.OfRun(Records.Run() with { Status = RunStatus.Cancelled, Failure = new RunFailure("cancelled", "run", "no") }));

    [Fact]
    public void CodeOf_EveryKindOfForeseenException_IsItsCode()
    {
        Assert.Equal("a", ExitCodes.CodeOf(new CliException("a", "")));
        Assert.Equal("b", ExitCodes.CodeOf(new PipelineException("b", "")));
        Assert.Equal("c", ExitCodes.CodeOf(new OrchestrationException("c", "")));
        Assert.Equal("d", ExitCodes.CodeOf(new BlobStoreException("d", "")));
        Assert.Equal("csv-empty", ExitCodes.CodeOf(new CsvException("csv-empty", "", 1)));
        Assert.Equal("e", ExitCodes.CodeOf(new ControlFailedException("e", "")));
        Assert.Equal("pipeline-invalid", ExitCodes.CodeOf(new InvalidPipelineException("p.yaml", [])));
        Assert.Equal("file-unusable", ExitCodes.CodeOf(new IOException()));
        Assert.Null(ExitCodes.CodeOf(new InvalidOperationException()));
    }
}

/// <summary>Records for tests.</summary>
internal static class Records
{
    public static RunRecord Run() => new()
    {
        RunId = "20260102T030405-abcdef",
        Engine = "workspace",
        Pipeline = "churn",
        PipelineHash = new string('0', 64),
        Model = "churn",
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Status = RunStatus.Running,
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };
}
