namespace MlDurable.Orchestration.Embedded.History;

/// <summary>Where the history of a failed instance is cut, so that it can go on.</summary>
/// <param name="Turns">How many turns of the present generation are kept.</param>
/// <param name="NextSequence">A sequence number behind all that the generation has given.</param>
internal sealed record RewindPlan(int Turns, int NextSequence)
{
    public static RewindPlan Of(Instance instance)
    {
        var turns = instance.Turns;
        var begun = new Dictionary<int, int>();
        foreach (var (turn, record) in turns.Index())
        {
            foreach (var sequence in record.Decisions.Select(Begun).OfType<int>())
            {
                begun[sequence] = turn;
            }
        }

        var failures = turns.Index().SelectMany(turn => FinalFailures(turn.Item).Select(failed => (turn.Index, Failed: failed))).ToList();
        var cause = Cause(instance.Failure!, failures);
        var undone = failures.Where(failure => cause is not null && (failure.Failed == cause || Together(failure.Failed, cause)));
        var behind = turns.SelectMany(turn => turn.Rewound).Select(rewound => rewound.NextSequence).DefaultIfEmpty(1).Max();
        return new(
            undone.Select(failure => failure.Index).DefaultIfEmpty(turns.Count - 1).Min(),
            Math.Max(behind, begun.Keys.DefaultIfEmpty(0).Max() + 1));

        // Of a fan-out that failed in several places the code sees one failure.
        bool Together(StepFailed x, StepFailed y) => begun.GetValueOrDefault(x.Sequence, -1) == begun.GetValueOrDefault(y.Sequence, -2);
    }

    private static IEnumerable<StepFailed> FinalFailures(TurnRecord turn) => turn.Inputs.OfType<StepFailed>()
        .Where(failed => !turn.Decisions.OfType<StepRetried>().Any(retried => retried.Sequence == failed.Sequence));

    // An exception that comes from a step carries the step's failure.
    private static StepFailed? Cause(TaskFailureDetails? end, List<(int Turn, StepFailed Failed)> failures) =>
        end is null ? null : failures.FindLast(failure => failure.Failed.Failure == end).Failed ?? Cause(end.InnerFailure, failures);

    private static int? Begun(Decision decision) => decision switch
    {
        ActivityScheduled d => d.Sequence,
        ChildScheduled d => d.Sequence,
        TimerCreated d => d.Sequence,
        EventWaited d => d.Sequence,
        _ => null,
    };
}
