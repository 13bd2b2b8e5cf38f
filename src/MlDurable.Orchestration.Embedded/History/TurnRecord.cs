namespace MlDurable.Orchestration.Embedded.History;

/// <summary>A turn with the inputs that it took: what a replay needs.</summary>
internal sealed record TurnRecord(DateTimeOffset At, IReadOnlyList<InputEntry> Inputs, IReadOnlyList<Decision> Decisions);
