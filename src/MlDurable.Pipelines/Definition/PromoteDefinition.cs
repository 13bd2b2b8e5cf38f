using System.Collections.Immutable;
using MlDurable.Learning.Judging;

namespace MlDurable.Pipelines.Definition;

/// <summary>How slices take part in the decision.</summary>
public enum SliceRule
{
    /// <summary>A slice that is shown to be worse blocks the promotion.</summary>
    ShownWorse,

    /// <summary>Every slice must be shown to be non-inferior.</summary>
    NonInferior,
}

/// <summary>The comparison with the champion on the primary metric.</summary>
public sealed record VersusChampionDefinition
{
    /// <summary>What must be shown; non-inferior by default.</summary>
    public ChampionRule Rule { get; init; }

    /// <summary>
    /// How much worse still counts as not worse, in units of the primary metric: at least 0; null, the default, for the metric's own
    /// margin.
    /// </summary>
    public double? Margin { get; init; }

    /// <summary>The one-sided confidence of the comparison: more than 0.5, less than 1. 0.95 by default.</summary>
    public double Confidence { get; init; } = 0.95;
}

/// <summary>When the selected candidate becomes the champion.</summary>
public sealed record PromoteDefinition
{
    /// <summary>The model's name in the registry: kebab-case. The pipeline's name by default.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The thresholds that the candidate must reach on the holdout whatever the champion does, in the order of the file; none by default.
    /// </summary>
    public ImmutableArray<MetricGate> Gates { get; init; } = [];

    /// <summary>
    /// Whether the candidate must be better than the baseline on the primary metric; yes by default, no when the file lists gates without
    /// it.
    /// </summary>
    public bool BetterThanBaseline { get; init; } = true;

    /// <summary>The comparison with the champion.</summary>
    public VersusChampionDefinition VersusChampion { get; init; } = new();

    /// <summary>How slices take part; by default a slice that is shown to be worse blocks.</summary>
    public SliceRule Slices { get; init; }
}
