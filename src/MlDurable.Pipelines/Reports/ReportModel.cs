using System.Collections.Immutable;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>Everything that a run's report and a model's card show. A part that the run did not reach is null or empty, and its section is left out.</summary>
public sealed record ReportModel
{
    /// <summary>The run.</summary>
    public required RunRecord Run { get; init; }

    /// <summary>The run's plan; null when the run ended before it was made.</summary>
    public RunPlan? Plan { get; init; }

    /// <summary>The rows and their division; null when the run ended before.</summary>
    public DatasetLineage? Dataset { get; init; }

    /// <summary>The evidence; null when nothing was evaluated.</summary>
    public Evaluation? Evaluation { get; init; }

    /// <summary>What the candidate looks at; null when nothing was evaluated, or by a version that did not explain models.</summary>
    public ModelExplanation? Explanation { get; init; }

    /// <summary>What validation found, one entry for each partition that was looked at, ordered by name. Default: none.</summary>
    public ImmutableArray<PartitionQuality> Quality { get; init; } = [];

    /// <summary>The model's versions and aliases as they were after the run.</summary>
    public required RegistryDocument Registry { get; init; }

    /// <summary>What the candidate was made from; null when none was registered.</summary>
    public Manifest? Manifest { get; init; }

    /// <summary>Sentences that a reader should see first, such as a feature that alone predicts the label too well. Default: none.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The verdict, from the evidence or else from the run's record; null when none was reached.</summary>
    internal Verdict? Verdict => Evaluation?.Verdict ?? Run.Verdict;
}
