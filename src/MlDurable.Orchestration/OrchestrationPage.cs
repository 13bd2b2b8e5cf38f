namespace MlDurable.Orchestration;

/// <summary>A part of a listing.</summary>
/// <param name="Instances">The states, in the order of the listing. There may be fewer than asked for, also none, and still not be the last page.</param>
/// <param name="ContinuationToken">Asks for the next page; <see langword="null"/> on the last one.</param>
public sealed record OrchestrationPage(IReadOnlyList<OrchestrationState> Instances, string? ContinuationToken);
