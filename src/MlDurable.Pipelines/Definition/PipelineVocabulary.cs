using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>The names that a pipeline file may use, with their ranges.</summary>
/// <param name="Trainers">The trainers that a candidate may name.</param>
/// <param name="Metrics">The metrics.</param>
public sealed record PipelineVocabulary(ImmutableArray<TrainerVocabulary> Trainers, ImmutableArray<MetricVocabulary> Metrics);

/// <summary>A trainer that a candidate may name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Hyperparameters">Its hyperparameters.</param>
public sealed record TrainerVocabulary(string Name, string Description, ImmutableArray<HyperparameterVocabulary> Hyperparameters);

/// <summary>A hyperparameter of a trainer.</summary>
/// <param name="Name">The name.</param>
/// <param name="Minimum">The least value, inclusive.</param>
/// <param name="Maximum">The greatest value, inclusive.</param>
/// <param name="Default">The value when the file sets none.</param>
/// <param name="IsInteger">Whether only whole numbers are allowed.</param>
/// <param name="Description">What it does, in one line.</param>
public sealed record HyperparameterVocabulary(string Name, double Minimum, double Maximum, double Default, bool IsInteger, string Description);

/// <summary>A metric.</summary>
/// <param name="Name">The name.</param>
/// <param name="DefaultMargin">The margin of a comparison with the champion when the file sets none.</param>
public sealed record MetricVocabulary(string Name, double DefaultMargin);
