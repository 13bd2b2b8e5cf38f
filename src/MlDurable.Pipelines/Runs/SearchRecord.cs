using System.Collections.Immutable;

namespace MlDurable.Pipelines.Runs;

/// <summary>One trial of a search.</summary>
/// <param name="Candidate">What is tried.</param>
/// <param name="Primary">The primary metric by which candidates are compared, as it was known when a later round was proposed; null before.</param>
public sealed record SearchTrial(CandidatePlan Candidate, double? Primary);

/// <summary>
/// What a search has proposed so far, each round before it is trained: <c>runs/&lt;run id&gt;/search.json</c>. Changed only by compare-and-swap, and only at
/// its end.
/// </summary>
/// <param name="Trials">The trials in their order; the place of each is its candidate's index.</param>
public sealed record SearchRecord(ImmutableArray<SearchTrial> Trials);

/// <summary>One fit of a search by successive halving.</summary>
/// <param name="Candidate">The candidate's index.</param>
/// <param name="Rung">The rung, from 0.</param>
/// <param name="Primary">The primary metric on the validation rows, as it was known when a later round was begun; null before.</param>
public sealed record HalvingFit(int Candidate, int Rung, double? Primary);

/// <summary>
/// What a search by successive halving has fitted so far, each round before it is trained: <c>runs/&lt;run id&gt;/halving.json</c>. Changed only by
/// compare-and-swap, and only at its end.
/// </summary>
/// <param name="Rounds">The fits of each round, in their order.</param>
public sealed record HalvingRecord(ImmutableArray<ImmutableArray<HalvingFit>> Rounds);
