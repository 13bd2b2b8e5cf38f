using System.Collections.Immutable;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Judging;

/// <summary>What a verdict is made from: every model's scores on the same rows, which none of them has seen, and the declared rules.</summary>
public sealed record JudgeInput
{
    /// <summary>The metric that decides.</summary>
    public required Metric Primary { get; init; }

    /// <summary>The truth per row, of the task of <see cref="Primary"/>; at least two different labels.</summary>
    public required double[] Labels { get; init; }

    /// <summary>The model that asks to be promoted.</summary>
    public required ScoredModel Candidate { get; init; }

    /// <summary>The content hash of the candidate's model file, or null when unknown.</summary>
    public string? CandidateHash { get; init; }

    /// <summary>The model to beat whatever the champion is; null when the pipeline does not ask for it.</summary>
    public ScoredModel? Baseline { get; init; }

    /// <summary>The champion, scored now on the same rows; null for the first version.</summary>
    public ScoredModel? Champion { get; init; }

    /// <summary>The content hash of the champion's model file; equal to <see cref="CandidateHash"/> means the same model.</summary>
    public string? ChampionHash { get; init; }

    /// <summary>The last version promoted as superior (or the first); null when it is the champion itself. Ignored without a champion.</summary>
    public ScoredModel? Anchor { get; init; }

    /// <summary>The absolute thresholds.</summary>
    public ImmutableArray<MetricGate> Gates { get; init; } = [];

    /// <summary>What the candidate must show against the champion. Default <see cref="ChampionRule.NonInferior"/>.</summary>
    public ChampionRule Rule { get; init; } = ChampionRule.NonInferior;

    /// <summary>The difference that does not matter, in units of the primary metric, above 0; null for the metric's default.</summary>
    public double? Margin { get; init; }

    /// <summary>The columns whose values are judged on their own, with a row per label.</summary>
    public ImmutableArray<CategoryColumn> Slices { get; init; } = [];

    /// <summary>Whether every slice must be shown to be non-inferior, instead of only not being shown worse. Default false.</summary>
    public bool StrictSlices { get; init; }

    /// <summary>The gains over the champion, in units of the primary metric, of earlier promotions; empty when there are none.</summary>
    public ImmutableArray<double> PastGains { get; init; } = [];

    /// <summary>The resampling; its confidence is the one-sided confidence of every comparison.</summary>
    public BootstrapOptions Bootstrap { get; init; } = new();
}
