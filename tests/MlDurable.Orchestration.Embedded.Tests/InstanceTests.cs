using MlDurable.Orchestration.Embedded.History;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class InstanceTests
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TaskFailureDetails s_failure = new("T", "m", null, null, null);
    private static readonly ActivityScheduled s_call = new(1, "a", "x", null, null, null, 1, TimeSpan.FromHours(1));

    private readonly Instance _instance = new(Start("i"));

    [Fact]
    public void Status_FromStartToEnd_IsThatOfTheLastFact()
    {
        Assert.Equal(OrchestrationRuntimeStatus.Pending, _instance.Status);
        Turn(0);
        Assert.Equal(OrchestrationRuntimeStatus.Running, _instance.Status);
        Turn(0, new ContinuedAsNew("2", true));
        Assert.Equal(OrchestrationRuntimeStatus.Running, _instance.Status);
        _instance.Apply(new InstanceSuspended("i", s_time, ""));
        Assert.Equal((OrchestrationRuntimeStatus.Suspended, true), (_instance.Status, _instance.IsSuspended));
        _instance.Apply(new InstanceResumed("i", s_time, ""));
        Assert.Equal((OrchestrationRuntimeStatus.Running, false), (_instance.Status, _instance.IsSuspended));
        _instance.Apply(new InstanceSuspended("i", s_time, ""));
        _instance.Apply(new InstanceTerminated("i", s_time.AddHours(1), "enough"));
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, false), (_instance.Status, _instance.IsSuspended));
        Assert.Equal((OrchestrationErrorCodes.Terminated, "enough"), (_instance.Failure!.Code, _instance.Failure.ErrorMessage));
        Assert.Equal(s_time.AddHours(1), _instance.UpdatedAt);
    }

    [Fact]
    public void UpdatedAtAndClock_ClockSetBack_NeverGoBack()
    {
        _instance.Apply(new TurnCompleted("i", s_time.AddHours(2), 0, []));
        _instance.Apply(new TurnCompleted("i", s_time.AddHours(1), 0, []));
        Assert.Equal((s_time.AddHours(2), s_time.AddHours(2)), (_instance.Clock, _instance.UpdatedAt));

        // The clock is that of the turns alone.
        AssertUpdated(new EventRaised("i", s_time.AddHours(3), 0, "e", ""), 3);
        AssertUpdated(new InstanceSuspended("i", s_time.AddHours(4), ""), 4);
        AssertUpdated(new InstanceResumed("i", s_time.AddHours(5), ""), 5);

        void AssertUpdated(JournalEntry entry, int hours)
        {
            _instance.Apply(entry);
            Assert.Equal((s_time.AddHours(2), s_time.AddHours(hours)), (_instance.Clock, _instance.UpdatedAt));
        }
    }

    [Fact]
    public void Apply_ToAFinishedInstance_IsRefused()
    {
        Turn(0, new InstanceCompleted("1"));
        AssertRefused(new EventRaised("i", s_time, 0, "e", ""), "EventRaised for the finished instance 'i'");
    }

    [Fact]
    public void Apply_WhatCannotFollow_IsRefusedWithItsCause()
    {
        Turn(0, s_call);
        AssertRefused(new ActivityStarted("i", 2), "no step 2 under way");
        AssertRefused(new ActivityInterrupted("i", 2), "no step 2 under way");
        AssertRefused(new StepReleased("i", s_time, 2, ""), "no step 2 under way");
        AssertRefused(new ActivityRunsRecorded("i", 2, 1, 1, true), "no step 2 under way");
        AssertRefused(new TurnCompleted("i", s_time, 1, []), "takes 1 inputs where 0 wait");
        AssertRefused(new InstanceRewound("i", s_time, 0, 2, ""), "after 1 turns, is rewound to 0");
        AssertRefused(Start("i"), "InstanceRecorded for the instance 'i'");
    }

    [Fact]
    public void Steps_RunsOfAnActivity_AreCounted()
    {
        Turn(0, s_call);
        var step = _instance.Steps[1];
        AssertStep(StepPhase.Open, 0, 0);
        Assert.Equal(s_time.AddHours(1), step.Deadline);
        _instance.Apply(new ActivityStarted("i", 1));
        AssertStep(StepPhase.Running, 1, 1);
        _instance.Apply(new ActivityInterrupted("i", 1));
        AssertStep(StepPhase.Open, 1, 0);
        _instance.Apply(new ActivityStarted("i", 1));
        _instance.Apply(new ActivityStarted("i", 1));
        AssertStep(StepPhase.Running, 3, 2);
        Assert.True(step.HasCrashed(2));
        Assert.False(step.HasCrashed(3));

        step.IsQuarantined = true;
        _instance.Apply(new StepReleased("i", s_time.AddHours(2), 1, ""));
        AssertStep(StepPhase.Open, 3, 0);
        Assert.False(step.IsQuarantined);
        Assert.False(step.HasCrashed(0));
        Assert.Equal(s_time.AddHours(2), _instance.UpdatedAt);

        _instance.Apply(new ActivityStarted("i", 1));
        step.IsQuarantined = true;
        _instance.Apply(new StepFailed("i", s_time, 0, 1, s_failure));
        AssertStep(StepPhase.Failed, 4, 0);
        Assert.False(step.IsQuarantined);

        void AssertStep(StepPhase phase, int starts, int crashes) => Assert.Equal((phase, starts, crashes), (step.Phase, step.Starts, step.Crashes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steps_RunsKeptByCompaction_AreThoseOfTheActivity(bool running)
    {
        Turn(0, s_call);
        _instance.Apply(new ActivityRunsRecorded("i", 1, 5, 2, running));
        var step = _instance.Steps[1];
        Assert.Equal((running ? StepPhase.Running : StepPhase.Open, 5, 2), (step.Phase, step.Starts, step.Crashes));
        Assert.Contains(new ActivityRunsRecorded("i", 1, 5, 2, running), _instance.ToEntries());
    }

    [Fact]
    public void Steps_Answers_EndThemAndThoseOfAnEarlierGenerationDoNot()
    {
        Turn(0, new ContinuedAsNew("2", true));
        Turn(0, s_call, new TimerCreated(2, s_time.AddDays(1)), new ChildScheduled(3, "c", "1", "x", "i:3"), s_call with { Sequence = 4 }, s_call with { Sequence = 5 });
        Assert.Equal((s_time.AddDays(1), "i:3"), (_instance.Steps[2].Due, _instance.Steps[3].ChildId));
        foreach (var generation in new[] { 0, 1 })
        {
            _instance.Apply(new StepSucceeded("i", s_time, generation, 1, "r"));
            _instance.Apply(new TimerFired("i", s_time, generation, 2));
            _instance.Apply(new StepSucceeded("i", s_time, generation, 3, "r"));
            _instance.Apply(new StepSkipped("i", s_time, generation, 4, "r", ""));
            _instance.Apply(new StepFailed("i", s_time, generation, 5, s_failure));
            Assert.Equal(generation == 0 ? [1, 2, 3, 4, 5] : [5], _instance.Steps.Keys.Order());
            Assert.Equal(generation == 0 ? StepPhase.Open : StepPhase.Failed, _instance.Steps[5].Phase);
        }

        Assert.Equal(10, _instance.Pending.Count);

        // A failure of the earlier generation that a turn takes is none of the step of the same number.
        Turn(9);
        Assert.Equal([5], _instance.Steps.Keys);
        Turn(1);
        Assert.Empty(_instance.Steps);
    }

    [Fact]
    public void Steps_Failure_EndsTheStepUnlessTheTurnRetriesIt()
    {
        Turn(0, s_call, new ChildScheduled(2, "c", "1", "x", "i:2"), new TimerCreated(3, s_time));
        _instance.Apply(new StepFailed("i", s_time, 0, 1, s_failure));
        _instance.Apply(new StepFailed("i", s_time, 0, 2, s_failure));
        Turn(2, new StepRetried(2, s_time.AddHours(1), "i:2#2"), new TimerCancelled(3));
        var (sequence, step) = Assert.Single(_instance.Steps);
        Assert.Equal((2, StepPhase.WaitingToRetry, s_time.AddHours(1), "i:2#2"), (sequence, step.Phase, step.Due, step.ChildId));
    }

    [Fact]
    public void HistoryLength_TurnsInputsAndDecisions_AreCountedPerGeneration()
    {
        _instance.Apply(new EventRaised("i", s_time, 0, "e", ""));
        _instance.Apply(new EventRaised("i", s_time, 1, "e", ""));
        Assert.Equal(0, _instance.HistoryLength);
        Turn(2, new EventWaited(1, "e"), new EventTaken(1, 0), new CustomStatusSet("s"));
        Assert.Equal(6, _instance.HistoryLength);
        Turn(0);
        Assert.Equal(7, _instance.HistoryLength);
        Turn(0, new ContinuedAsNew("2", true));
        Assert.Equal(0, _instance.HistoryLength);
    }

    [Theory]
    [InlineData(true, "1,2,3,4")]
    [InlineData(false, "4")]
    public void ContinueAsNew_EventsNobodyTook_AreKeptInTheirOrderWhenAskedFor(bool preserve, string left)
    {
        for (var number = 0; number < 5; number++)
        {
            _instance.Apply(new EventRaised("i", s_time, number, "e", $"{number}"));
        }

        Turn(2, new EventWaited(1, "e"), new EventTaken(1, 0));
        Turn(2, s_call, new CustomStatusSet("s"), new ContinuedAsNew("next", preserve));

        Assert.Equal(left, string.Join(',', _instance.Pending.OfType<EventRaised>().Select(raised => raised.Payload)));
        Assert.Equal((1, "next", 5L, "s"), (_instance.Generation, _instance.Input, _instance.NextEvent, _instance.CustomStatus));
        Assert.Empty(_instance.Turns);
        Assert.Empty(_instance.Steps);
        Turn(_instance.Pending.Count, new ContinuedAsNew("third", false));
        Assert.Empty(_instance.Pending);
    }

    [Fact]
    public void End_Completed_KeepsTheResultAloneAndFailedKeepsTheHistory()
    {
        Turn(0, s_call);
        _instance.Apply(new EventRaised("i", s_time, 0, "e", ""));
        var failed = new Instance(Start("i"));
        failed.Apply(new TurnCompleted("i", s_time, 0, [s_call]));
        failed.Apply(new EventRaised("i", s_time, 0, "e", ""));

        Turn(0, new InstanceCompleted("1"));
        failed.Apply(new TurnCompleted("i", s_time, 0, [new InstanceFailed(s_failure)]));

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "1", null), (_instance.Status, _instance.Output, _instance.Failure));
        Assert.Equal((0, 0, 0, 0), (_instance.Turns.Count, _instance.Pending.Count, _instance.Steps.Count, _instance.HistoryLength));
        Assert.Equal((OrchestrationRuntimeStatus.Failed, null, s_failure), (failed.Status, failed.Output, failed.Failure));
        Assert.Equal((2, 1, 0), (failed.Turns.Count, failed.Pending.Count, failed.Steps.Count));
        Assert.Single(_instance.ToEntries());
    }

    [Fact]
    public void ToEntries_OfWhatHasEnded_GivesTheEndAgain()
    {
        var terminated = new Instance(Start("i"));
        terminated.Apply(new InstanceTerminated("i", s_time, "enough"));
        Turn(0, new InstanceCompleted("1"));

        var completed = Assert.IsType<InstanceRecorded>(Assert.Single(_instance.ToEntries()));
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "1", null), (completed.Ended, completed.Output, completed.Failure));
        var again = Assert.IsType<InstanceRecorded>(Assert.Single(terminated.ToEntries()));
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, terminated.Failure), (again.Ended, again.Failure));
    }

    /// <summary>Its last turn says so, which a rewind may undo.</summary>
    [Fact]
    public void ToEntries_OfAFailedInstance_SaysInItsLastTurnThatItHasFailed()
    {
        Turn(0, s_call);
        Turn(0, new InstanceFailed(s_failure));

        var entries = _instance.ToEntries().ToList();

        var record = Assert.IsType<InstanceRecorded>(entries[0]);
        Assert.Equal((null, null), (record.Ended, record.Failure));
        Assert.Equal([new InstanceFailed(s_failure)], Assert.IsType<TurnCompleted>(entries[^1]).Decisions);
    }

    [Fact]
    public void NextEvent_NumbersOutOfOrder_IsBehindAllOfThem()
    {
        _instance.Apply(new EventRaised("i", s_time, 7, "e", ""));
        _instance.Apply(new EventRaised("i", s_time, 3, "e", ""));
        Assert.Equal(8, _instance.NextEvent);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Rewind_ToATurnThatTheFailedInstanceDoesNotHave_IsRefused(int turns)
    {
        Turn(0);
        Turn(0, new InstanceFailed(s_failure));
        AssertRefused(new InstanceRewound("i", s_time, turns, 1, ""), $"is rewound to {turns}");
    }

    [Fact]
    public void Rewind_StepsThatAreKept_BeginTheirTimeAndTheirCrashesAnew()
    {
        Turn(0, s_call, new TimerCreated(2, s_time.AddDays(1)), s_call with { Sequence = 3, ScheduleToCloseTimeout = null });
        _instance.Apply(new ActivityStarted("i", 1));
        Turn(0, new InstanceFailed(s_failure));

        _instance.Apply(new InstanceRewound("i", s_time.AddDays(2), 1, 4, "again"));

        Assert.Equal((OrchestrationRuntimeStatus.Running, null, s_time.AddDays(2)), (_instance.Status, _instance.Failure, _instance.UpdatedAt));
        Assert.Equal([s_time.AddDays(2).AddHours(1), null, null], _instance.Steps.OrderBy(step => step.Key).Select(step => step.Value.Deadline));
        Assert.All(_instance.Steps.Values, step => Assert.Equal(0, step.Crashes));
        Assert.Equal(4, _instance.HistoryLength);
    }

    [Fact]
    public void Rewind_Again_KeepsTheEarlierRewindWhereItWas()
    {
        Turn(0, s_call);
        Turn(0, new InstanceFailed(s_failure));
        var first = new InstanceRewound("i", s_time.AddHours(1), 1, 2, "first");
        _instance.Apply(first);
        Turn(0, s_call with { Sequence = 2 });
        Turn(0, new InstanceFailed(s_failure));
        var second = new InstanceRewound("i", s_time.AddHours(2), 2, 3, "second");
        _instance.Apply(second);

        Assert.Equal([first], _instance.Turns[1].Rewound);
        Assert.Equal([second], _instance.Rewound);
        Assert.Equal([1, 2], _instance.Steps.Keys.Order());

        Turn(0, new InstanceFailed(s_failure));
        var third = new InstanceRewound("i", s_time.AddHours(3), 1, 4, "third");
        _instance.Apply(third);
        Assert.Equal([first, third], _instance.Rewound);
        Assert.Equal([1], _instance.Steps.Keys);
    }

    [Fact]
    public void Rewind_InputsOfWhatIsUndone_EventsAndGoodAnswersWaitAgain()
    {
        Turn(0, s_call, s_call with { Sequence = 2 }, s_call with { Sequence = 3 });
        _instance.Apply(new EventRaised("i", s_time, 0, "e", "0"));
        _instance.Apply(new StepSucceeded("i", s_time, 0, 2, "good"));
        _instance.Apply(new StepFailed("i", s_time, 0, 1, s_failure));
        Turn(3, s_call with { Sequence = 4 }, new EventWaited(5, "e"), new EventTaken(5, 0));
        _instance.Apply(new StepSucceeded("i", s_time, 0, 4, "of what is undone"));
        _instance.Apply(new EventRaised("i", s_time, 1, "e", "1"));
        Turn(1, new InstanceFailed(s_failure));

        _instance.Apply(new InstanceRewound("i", s_time, 1, 6, "again"));

        Assert.Equal(["0", "1"], _instance.Pending.OfType<EventRaised>().Select(raised => raised.Payload));
        Assert.Equal([2], _instance.Pending.OfType<StepInput>().Select(answer => answer.Sequence));
        Assert.Equal([1, 3], _instance.Steps.Keys.Order());
        Assert.All(_instance.Steps.Values, step => Assert.Equal(StepPhase.Open, step.Phase));
    }

    private void Turn(int consumed, params Decision[] decisions) => _instance.Apply(new TurnCompleted("i", s_time, consumed, decisions));

    private void AssertRefused(JournalEntry entry, string problem) =>
        Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => _instance.Apply(entry)).Message, StringComparison.Ordinal);
}
