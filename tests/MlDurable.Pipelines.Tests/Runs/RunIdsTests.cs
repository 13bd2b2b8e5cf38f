using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Runs;

public sealed class RunIdsTests
{
    private static readonly DateTimeOffset Instant = new(2026, 3, 29, 3, 0, 7, TimeSpan.FromHours(2));

    [Fact]
    public void Of_SameOccasion_IsTheSameIdentityInUtc()
    {
        var id = RunIds.Of(Instant, "schedule", "churn", "nightly");

        Assert.StartsWith("20260329T010007-", id, StringComparison.Ordinal);
        Assert.Equal(id, RunIds.Of(Instant.ToUniversalTime(), "schedule", "churn", "nightly"));
        Assert.True(RunIds.IsValid(id));
    }

    [Fact]
    public void Of_OtherOccasion_IsAnotherIdentity() =>
        Assert.NotEqual(RunIds.Of(Instant, "schedule", "churn-nightly"), RunIds.Of(Instant, "schedule", "churn", "nightly"));

    [Fact]
    public void New_ManyInOneSecond_AreValidAndSortByTime()
    {
        var early = RunIds.New(Instant);
        var late = RunIds.New(Instant.AddSeconds(1));

        Assert.True(RunIds.IsValid(early));
        Assert.True(string.CompareOrdinal(early, late) < 0);
        Assert.NotEqual(early, RunIds.New(Instant));
    }

    [Theory]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("20260329T010007-")]
    [InlineData("20260329T010007-../../x")]
    [InlineData("20260329T010007-ABCDEF")]
    [InlineData("20261329T010007-abcdef")]
    [InlineData("20260329T010007_abcdef")]
    [InlineData("20260329T010007-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void IsValid_AnotherForm_IsNot(string text) => Assert.False(RunIds.IsValid(text));
}
