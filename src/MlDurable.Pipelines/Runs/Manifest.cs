using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Runs;

/// <summary>A partition that a model was made from.</summary>
/// <param name="Name">The blob's name, without the <c>data/</c> container.</param>
/// <param name="Hash">SHA-256 of the content.</param>
/// <param name="Rows">Rows with a label.</param>
public sealed record PartitionLineage(string Name, string Hash, int Rows);

/// <summary>How rows were divided, exactly enough to tell for any row whether the model has seen it.</summary>
public sealed record SplitLineage
{
    /// <summary><c>time</c> or <c>hash</c>.</summary>
    public required string By { get; init; }

    /// <summary>First instant of the validation part; null when split by hash.</summary>
    public DateTimeOffset? ValidationFrom { get; init; }

    /// <summary>First instant of the holdout part; null when split by hash.</summary>
    public DateTimeOffset? HoldoutFrom { get; init; }

    /// <summary>First instant of the window; rows before it are left out. Null when the window is not in days.</summary>
    public DateTimeOffset? WindowFrom { get; init; }

    /// <summary>Rows at and after this instant are left out, since the model was made as of it; null for a model of its own time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Until { get; init; }

    /// <summary>Share of validation rows asked for.</summary>
    public required double Validation { get; init; }

    /// <summary>Share of holdout rows asked for.</summary>
    public required double Holdout { get; init; }

    /// <summary>Seed of the split by hash.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Rows in the training part.</summary>
    public required int TrainingRows { get; init; }

    /// <summary>Rows in the validation part.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>Rows in the holdout part.</summary>
    public required int HoldoutRows { get; init; }
}

/// <summary>Where a model was trained. Bit-identical retraining is promised where all of it is equal.</summary>
/// <param name="Os">Operating system.</param>
/// <param name="Architecture">Processor architecture.</param>
/// <param name="Runtime">.NET runtime version.</param>
/// <param name="Product">MlDurable version.</param>
/// <param name="CodeHash">Identity of the learning library's code.</param>
public sealed record TrainingEnvironment(string Os, string Architecture, string Runtime, string Product, string CodeHash);

/// <summary>The rows of a run, divided: <c>runs/&lt;run id&gt;/dataset.json</c>.</summary>
/// <param name="Hash">Identity of the rows and their division.</param>
/// <param name="FeatureSet">Identity of the row-level feature work.</param>
/// <param name="Partitions">The partitions, ordered by name.</param>
/// <param name="Split">How the rows were divided.</param>
public sealed record DatasetLineage(string Hash, string FeatureSet, ImmutableArray<PartitionLineage> Partitions, SplitLineage Split)
{
    /// <summary>What is predicted; binary labels in records of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LearningTask Task { get; init; }
}

/// <summary>Everything that a model was made from: <c>models/&lt;model&gt;/versions/&lt;n&gt;/manifest.json</c>.</summary>
public sealed record Manifest
{
    /// <summary>The model file's SHA-256.</summary>
    public required string ModelHash { get; init; }

    /// <summary>The run that made it.</summary>
    public required string RunId { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>SHA-256 of the pipeline file.</summary>
    public required string PipelineHash { get; init; }

    /// <summary>The values given for the pipeline's parameters.</summary>
    public required ImmutableSortedDictionary<string, string> Parameters { get; init; }

    /// <summary>The rows and their division.</summary>
    public required DatasetLineage Dataset { get; init; }

    /// <summary>The trainer's name.</summary>
    public required string Trainer { get; init; }

    /// <summary>The trainer's version: changes whenever its results may.</summary>
    public required string TrainerVersion { get; init; }

    /// <summary>The versions of the transforms of one's own, by name; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableSortedDictionary<string, string>? Transforms { get; init; }

    /// <summary>All hyperparameters.</summary>
    public required ImmutableSortedDictionary<string, double> Hyperparameters { get; init; }

    /// <summary>How its scores become probabilities.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public CalibrationMethod Calibration { get; init; }

    /// <summary>What its threshold was chosen by; the greatest F1 where older versions made it.</summary>
    public ThresholdRule Threshold { get => field ?? ThresholdRule.GreatestF1; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Where it was trained.</summary>
    public required TrainingEnvironment Environment { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}
