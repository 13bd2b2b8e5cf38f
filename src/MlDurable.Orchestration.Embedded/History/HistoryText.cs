namespace MlDurable.Orchestration.Embedded.History;

/// <summary>Says what entries mean.</summary>
internal static class HistoryText
{
    public static IEnumerable<HistoryLine> Of(JournalEntry entry) => entry switch
    {
        InstanceRecorded { Ended: { } ended } e => [new(e.UpdatedAt, $"kept by compaction: {ended}{Why(e.Failure)}", e.Output)],
        InstanceRecorded { Generation: 0, Clock.Ticks: 0 } e => [new(e.CreatedAt, $"started: '{e.Name}' version {e.Version}", e.FirstInput)],
        InstanceRecorded e => [new(e.UpdatedAt, $"kept by compaction: '{e.Name}' version {e.Version}, generation {e.Generation}", e.Input)],
        ActivityStarted e => [new(null, $"step {e.Sequence} begins", null)],
        ActivityInterrupted e => [new(null, $"step {e.Sequence} was interrupted by the end of the engine, and begins again", null)],
        ActivityRunsRecorded e => [new(null, $"step {e.Sequence} has begun {e.Starts} times, {e.Crashes} of them in a row without an end", null)],
        EventRaised e => [new(e.At, $"event {e.Number} '{e.Name}'", e.Payload)],
        StepSucceeded e => [new(e.At, $"step {e.Sequence} has succeeded", e.Output)],
        StepSkipped e => [new(e.At, $"step {e.Sequence} was skipped with a result given by hand: {e.Reason}", e.Output)],
        StepFailed e => [new(e.At, $"step {e.Sequence} has failed{Why(e.Failure)}", null)],
        TimerFired e => [new(e.At, $"timer of step {e.Sequence} is due", null)],
        StepReleased e => [new(e.At, $"step {e.Sequence} was let out of quarantine: {e.Reason}", null)],
        InstanceSuspended e => [new(e.At, $"suspended: {e.Reason}", null)],
        InstanceResumed e => [new(e.At, $"resumed: {e.Reason}", null)],
        InstanceTerminated e => [new(e.At, $"terminated: {e.Reason}", null)],
        InstanceRewound e => [new(e.At, $"rewound to turn {e.Turns}: {e.Reason}", null)],
        InstancePurged => [new(null, "purged", null)],
        TurnCompleted e => [new(e.At, $"turn: {e.Consumed} taken, {e.Decisions.Count} decided", null), .. e.Decisions.Select(decision => Of(decision))],
        _ => [],
    };

    private static HistoryLine Of(Decision decision) => decision switch
    {
        ActivityScheduled d => new(null, $"  step {d.Sequence}: activity '{d.Name}'", d.Input),
        ChildScheduled d => new(null, $"  step {d.Sequence}: sub-orchestration '{d.Name}' as '{d.ChildId}'", d.Input),
        CustomStatusSet d => new(null, "  custom status", d.Status),
        InstanceCompleted d => new(null, "  completed", d.Output),
        InstanceFailed d => new(null, $"  failed{Why(d.Failure)}", null),
        ContinuedAsNew d => new(null, "  continues as new", d.Input),
        _ => new(null, $"  {decision.Describe()}", null),
    };

    private static string Why(TaskFailureDetails? failure) => failure is null ? "" : $" ({failure.Code ?? failure.ErrorType}): {failure.ErrorMessage}";
}
