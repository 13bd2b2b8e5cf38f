using System.Collections.Immutable;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>The numbers from which a verdict follows, without the rows.</summary>
internal sealed record JudgeEvidence
{
    public required Metric Primary { get; init; }

    public bool SameModel { get; init; }

    /// <summary>The candidate's <see cref="Judge.LeakMetric"/>, whatever the primary metric is.</summary>
    public double LeakFigure { get; init; } = 0.5;

    public ImmutableArray<GateResult> Gates { get; init; } = [];

    public PairedDifference? VersusBaseline { get; init; }

    public PairedDifference? VersusChampion { get; init; }

    public PairedDifference? VersusAnchor { get; init; }

    public ImmutableArray<SliceResult> Slices { get; init; } = [];

    public ChampionRule Rule { get; init; }

    /// <summary>In units of the primary metric; of no meaning without a champion.</summary>
    public double Margin { get; init; }

    public double Confidence { get; init; } = 0.95;

    public ImmutableArray<double> PastGains { get; init; } = [];
}
