using System.Collections.Immutable;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Definition;

/// <summary>A pipeline as its file declares it: every default filled in, every parameter substituted, every candidate expanded.</summary>
/// <remarks>Immutable, and so safe to share between threads. Made by <see cref="PipelineFile"/>.</remarks>
public sealed record PipelineDefinition
{
    /// <summary>The pipeline's name: kebab-case, at most 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What the pipeline is for, in the author's words; empty when the file has no <c>description</c>.</summary>
    public string Description { get; init; } = "";

    /// <summary>The seed that every random choice of a run is derived from; 0 when the file has no <c>seed</c>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whose steps get a free slot first, unless a start says otherwise; normal when the file has no <c>priority</c>. Runs of backfills have a low one.</summary>
    public RunPriority Priority { get; init; }

    /// <summary>The declared parameters by name, each with the value that this definition was made with.</summary>
    public ImmutableSortedDictionary<string, ParameterDefinition> Parameters { get; init; } =
        ImmutableSortedDictionary<string, ParameterDefinition>.Empty;

    /// <summary>Which rows the pipeline learns from, and what it learns to predict.</summary>
    public required DataDefinition Data { get; init; }

    /// <summary>What every new partition must satisfy, in the order of the file; one entry per check.</summary>
    public ImmutableArray<QualityRule> Quality { get; init; } = [];

    /// <summary>How columns become numbers.</summary>
    public required FeaturesDefinition Features { get; init; }

    /// <summary>How rows are divided into training, validation and holdout.</summary>
    public required SplitDefinition Split { get; init; }

    /// <summary>Which candidates are trained.</summary>
    public required TrainDefinition Train { get; init; }

    /// <summary>Which metrics and slices are computed.</summary>
    public required EvaluateDefinition Evaluate { get; init; }

    /// <summary>When the selected candidate becomes the champion.</summary>
    public required PromoteDefinition Promote { get; init; }

    /// <summary>Who must agree to a promotion; null when no person is asked.</summary>
    public ApproveDefinition? Approve { get; init; }

    /// <summary>What is scored in batches; null when nothing is.</summary>
    public ScoreDefinition? Score { get; init; }

    /// <summary>What starts runs.</summary>
    public TriggersDefinition Triggers { get; init; } = new();
}
