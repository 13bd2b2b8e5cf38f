using MlDurable.Orchestration.Embedded.History;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class RewindPlanTests
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ActivityScheduled s_call = new(1, "a", "x", null, null, null);

    private readonly Instance _instance = new(Start("i"));

    [Fact]
    public void Of_CodeThatFailedByItself_UndoesTheLastTurnAlone()
    {
        Turn(s_call);
        Fail(1, "answered");
        Turn(s_call with { Sequence = 2 });
        Turn(new InstanceFailed(Failure("its own")));
        Assert.Equal(new RewindPlan(2, 3), RewindPlan.Of(_instance));
    }

    [Fact]
    public void Of_FanOutThatFailedInSeveralPlaces_UndoesTheFirstThoughTheCodeSawALaterOne()
    {
        Turn(s_call, s_call with { Sequence = 2 }, s_call with { Sequence = 3 });
        Fail(2, "not seen");
        Turn();
        Fail(1, "seen");
        Turn(new InstanceFailed(new("Wrapped", "w", null, null, Failure("seen"))));
        Assert.Equal(new RewindPlan(1, 4), RewindPlan.Of(_instance));
    }

    [Fact]
    public void Of_FailureThatWasRetried_IsNoneOfTheStep()
    {
        Turn(s_call, s_call with { Sequence = 2 });
        Fail(1, "same");
        Turn(new StepRetried(1, s_time, null));
        Fail(1, "same");
        Turn(new InstanceFailed(Failure("same")));
        Assert.Equal(new RewindPlan(2, 3), RewindPlan.Of(_instance));
    }

    [Fact]
    public void Of_RewoundBefore_GivesNoSequenceNumberTwice()
    {
        Turn(s_call);
        Turn(new InstanceFailed(Failure("1")));
        _instance.Apply(new InstanceRewound("i", s_time, 1, 40, ""));
        Turn(new InstanceFailed(Failure("2")));
        _instance.Apply(new InstanceRewound("i", s_time, 1, 20, ""));
        Turn(new InstanceFailed(Failure("3")));
        Assert.Equal(new RewindPlan(1, 40), RewindPlan.Of(_instance));
    }

    private static TaskFailureDetails Failure(string message) => new("T", message, null, null, null);

    private void Fail(int sequence, string message) => _instance.Apply(new StepFailed("i", s_time, 0, sequence, Failure(message)));

    private void Turn(params Decision[] decisions) => _instance.Apply(new TurnCompleted("i", s_time, _instance.Pending.Count, decisions));
}
