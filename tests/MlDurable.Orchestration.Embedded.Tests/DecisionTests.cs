using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class DecisionTests
{
    private static readonly ActivityScheduled s_activity = new(1, "a", "x", TimeSpan.FromMinutes(1), null, "gpu", 2, TimeSpan.FromHours(1));
    private static readonly ChildScheduled s_child = new(1, "c", "1", "x", "id");

    [Fact]
    public void IsFollowedBy_WhatMayBeTuned_IsTrue()
    {
        Assert.True(s_activity.IsFollowedBy(new ActivityScheduled(1, "a", "x", null, TimeSpan.FromMinutes(2), null)));
        Assert.True(s_child.IsFollowedBy(s_child with { Version = "2", ParentClosePolicy = ParentClosePolicy.Abandon }));
        Assert.True(new StepRetried(1, DateTimeOffset.UnixEpoch, "id#2").IsFollowedBy(new StepRetried(1, DateTimeOffset.MaxValue, null)));
        Assert.True(new CustomStatusSet("s").IsFollowedBy(new CustomStatusSet("s")));
    }

    [Fact]
    public void IsFollowedBy_AnythingElse_IsFalse()
    {
        (Decision Expected, Decision Found)[] pairs =
        [
            (s_activity, s_activity with { Sequence = 2 }), (s_activity, s_activity with { Name = "b" }), (s_activity, s_activity with { Input = "y" }),
            (s_activity, s_child), (s_child, s_activity), (s_child, s_child with { Sequence = 2 }), (s_child, s_child with { Name = "d" }),
            (s_child, s_child with { Input = "y" }), (s_child, s_child with { ChildId = "other" }),
            (new StepRetried(1, DateTimeOffset.UnixEpoch, null), new StepRetried(2, DateTimeOffset.UnixEpoch, null)),
            (new StepRetried(1, DateTimeOffset.UnixEpoch, null), new TimerCreated(1, DateTimeOffset.UnixEpoch)),
            (new EventTaken(1, 1), new EventTaken(1, 2)),
        ];
        Assert.All(pairs, pair => Assert.False(pair.Expected.IsFollowedBy(pair.Found), $"{pair}"));
    }

    [Theory]
    [InlineData(160, false)]
    [InlineData(161, true)]
    public void Describe_LongInput_IsCut(int length, bool isCut) =>
        Assert.Equal(
            $"step 1: activity 'a' with input {new string('x', 160)}{(isCut ? "…" : "")}", (s_activity with { Input = new('x', length) }).Describe());
}
