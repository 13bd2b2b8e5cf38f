namespace MlDurable.Orchestration.Embedded.History;

/// <summary>A turn with the inputs that it took: what a replay needs.</summary>
/// <param name="At">When the code ran.</param>
/// <param name="Inputs">What it took.</param>
/// <param name="Decisions">What it decided.</param>
/// <param name="Rewound">The rewinds before it, of which this is the first turn.</param>
internal sealed record TurnRecord(
    DateTimeOffset At, IReadOnlyList<InputEntry> Inputs, IReadOnlyList<Decision> Decisions, IReadOnlyList<InstanceRewound> Rewound);
