using System.Collections.Immutable;
using MlDurable.Cli.Running;
using MlDurable.Learning.Tables;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
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
    [InlineData("no-score", 2)]
    [InlineData("as-of-needs-time", 2)]
    [InlineData("backfill-future", 2)]
    [InlineData("no-champion", 4)]
    [InlineData("backfill-not-found", 4)]
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
    [InlineData("approval-invalid", 2)]
    [InlineData("approval-not-found", 4)]
    [InlineData("journal-corrupt", 1)]
    [InlineData("store-full", 1)]
    [InlineData("store-read-only", 1)]
    [InlineData("one-class", 1)]
    [InlineData(null, 1)]
    public void OfError_IsWhatTheTableSays(string? code, int expected) => Assert.Equal(expected, ExitCodes.OfError(code));

    [Theory]
    [InlineData(RunOutcome.Promoted, 0)]
    [InlineData(RunOutcome.Unchanged, 0)]
    [InlineData(RunOutcome.Featurized, 0)]
    [InlineData(RunOutcome.Scored, 0)]
    [InlineData(RunOutcome.Incomplete, 3)]
    [InlineData(RunOutcome.Kept, 3)]
    [InlineData(RunOutcome.Inconclusive, 3)]
    [InlineData(RunOutcome.Blocked, 3)]
    [InlineData(RunOutcome.Quarantined, 3)]
    [InlineData(RunOutcome.Rejected, 3)]
    public void OfRun_Completed_FollowsTheOutcome(RunOutcome outcome, int expected) =>
        Assert.Equal(expected, ExitCodes.OfRun(Records.Run() with { Status = RunStatus.Completed, Outcome = outcome }));

    [Theory]
    [InlineData(AnswerStatus.Counts, 0)]
    [InlineData(AnswerStatus.NotAllowed, 3)]
    [InlineData(AnswerStatus.Late, 5)]
    [InlineData(AnswerStatus.Second, 5)]
    [InlineData(AnswerStatus.StaleEvidence, 5)]
    public void OfAnswer_EveryStatus_HasItsCode(AnswerStatus status, int expected) => Assert.Equal(expected, ExitCodes.OfAnswer(status));

    [Theory]
    [InlineData("no-partitions", 4)]
    [InlineData("unknown-column", 2)]
    [InlineData("one-class", 1)]
    public void OfRun_Failed_FollowsTheFailure(string code, int expected) =>
        Assert.Equal(expected, ExitCodes.OfRun(Records.Run() with { Status = RunStatus.Failed, Failure = new RunFailure(code, "plan", "it failed") }));

    [Theory]
    [InlineData(0, RunOutcome.Promoted, RunOutcome.Kept)]
    [InlineData(0, RunOutcome.Scored, RunOutcome.Unchanged)]
    [InlineData(3, RunOutcome.Promoted, RunOutcome.Quarantined)]
    [InlineData(3, RunOutcome.Incomplete, RunOutcome.Scored)]
    [InlineData(1, RunOutcome.Promoted, null)]
    public void OfBackfill_FollowsItsRuns(int expected, params RunOutcome?[] outcomes) =>
        Assert.Equal(expected, ExitCodes.OfBackfill(new BackfillProgress(
            Records.Backfill(),
            [
                .. outcomes.Select(outcome => outcome is null
                    ? Records.Run() with { Status = RunStatus.Failed }
                    : Records.Run() with { Status = RunStatus.Completed, Outcome = outcome }),
            ])));

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
    public static Backfill Backfill() => new()
    {
        Id = "backfill-0123456789abcdef",
        Pipeline = "churn",
        PipelineFile = "pipeline.yaml",
        PipelineHash = new string('0', 64),
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Stage = RunStage.All,
        Range = "partitions",
        Parallel = 1,
        StopsOnFailure = false,
        Engine = "workspace",
        RequestedAt = DateTimeOffset.UnixEpoch,
        RequestedBy = "cli:ada",
        Items = [],
    };

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
