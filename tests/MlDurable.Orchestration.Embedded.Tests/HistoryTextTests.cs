using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class HistoryTextTests
{
    [Theory]
    [InlineData("too.large", "step 1 has failed (too.large): m")]
    [InlineData(null, "step 1 has failed (T): m")]
    public void Of_Failure_NamesItsCodeOrElseItsType(string? code, string text) =>
        Assert.Equal(text, Assert.Single(HistoryText.Of(new StepFailed("i", DateTimeOffset.UnixEpoch, 0, 1, new("T", "m", null, code, null)))).Text);

    [Fact]
    public void Of_EndWithoutAFailure_NamesNone() =>
        Assert.Equal(
            "kept by compaction: Completed",
            Assert.Single(HistoryText.Of(JournalBytes.Start("i") with { Ended = OrchestrationRuntimeStatus.Completed })).Text);
}
