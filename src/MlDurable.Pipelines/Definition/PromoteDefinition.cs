using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>How a gate compares a metric with its threshold.</summary>
public enum GateOperator
{
    /// <summary><c>&gt;=</c></summary>
    AtLeast,

    /// <summary><c>&gt;</c></summary>
    Above,

    /// <summary><c>&lt;=</c></summary>
    AtMost,

    /// <summary><c>&lt;</c></summary>
    Below,
}

/// <summary>A condition that a candidate must meet on the holdout, whatever the champion does.</summary>
public abstract record Gate
{
    private protected Gate()
    {
    }

    /// <summary>The line of the pipeline file that declares the gate, counted from 1; 0 for the default gate.</summary>
    public required int Line { get; init; }
}

/// <summary>A metric passes a threshold.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="Threshold">A finite number.</param>
public sealed record MetricGate(string Metric, GateOperator Operator, double Threshold) : Gate
{
    /// <summary>Whether a value of the metric passes; NaN never does.</summary>
    /// <param name="value">The metric's value.</param>
    public bool Passes(double value) => Operator switch
    {
        GateOperator.AtLeast => value >= Threshold,
        GateOperator.Above => value > Threshold,
        GateOperator.AtMost => value <= Threshold,
        _ => value < Threshold,
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var sign = Operator switch { GateOperator.AtLeast => ">=", GateOperator.Above => ">", GateOperator.AtMost => "<=", _ => "<" };
        return $"{Metric} {sign} {Threshold}";
    }
}

/// <summary>The candidate is better than the baseline on the primary metric.</summary>
public sealed record BetterThanBaselineGate : Gate
{
    /// <inheritdoc/>
    public override string ToString() => "better than baseline";
}

/// <summary>How a candidate must compare with the champion.</summary>
public enum VersusChampionRule
{
    /// <summary>It is shown not to be worse by more than the margin.</summary>
    NonInferior,

    /// <summary>It is shown to be better.</summary>
    Superior,
}

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
    public VersusChampionRule Rule { get; init; }

    /// <summary>How much worse still counts as not worse, in units of the primary metric: at least 0. The primary metric's own margin by default.</summary>
    public required double Margin { get; init; }

    /// <summary>The one-sided confidence of the comparison: more than 0.5, less than 1. 0.95 by default.</summary>
    public double Confidence { get; init; } = 0.95;
}

/// <summary>When the selected candidate becomes the champion.</summary>
public sealed record PromoteDefinition
{
    /// <summary>The model's name in the registry: kebab-case. The pipeline's name by default.</summary>
    public required string Model { get; init; }

    /// <summary>The conditions, in the order of the file; only <see cref="BetterThanBaselineGate"/> by default.</summary>
    public ImmutableArray<Gate> Gates { get; init; } = [new BetterThanBaselineGate { Line = 0 }];

    /// <summary>The comparison with the champion.</summary>
    public required VersusChampionDefinition VersusChampion { get; init; }

    /// <summary>How slices take part; by default a slice that is shown to be worse blocks.</summary>
    public SliceRule Slices { get; init; }
}
