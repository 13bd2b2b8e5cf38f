using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>How a model is explained as a whole.</summary>
public sealed record ModelExplanationOptions
{
    /// <summary>The most rows that contributions and dependence are taken over; of more, as many are drawn. Default 1,000.</summary>
    public int MaxRows { get; init; } = 1000;

    /// <summary>How many columns get a curve of dependence, the most important first; at least 0. Default 5.</summary>
    public int Curves { get; init; } = 5;

    /// <summary>The seed of the draw. Default 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What a model looks at, over many rows.</summary>
public sealed record ModelExplanation
{
    /// <summary>The metric whose loss <see cref="Importance"/> is.</summary>
    public required string Metric { get; init; }

    /// <summary>The rows that <see cref="Contributions"/> and <see cref="Curves"/> are taken over.</summary>
    public required int Rows { get; init; }

    /// <summary>Permutation importance of the columns, most important first.</summary>
    public required ImmutableArray<FeatureImportance> Importance { get; init; }

    /// <summary>Permutation importance on the rows of each slice; empty unless it was asked for.</summary>
    public ImmutableArray<SliceImportance> Slices { get => field.IsDefault ? [] : field; init; }

    /// <summary>The mean score over the training rows, from which contributions lead away; null without them.</summary>
    public double? BaseValue { get; init; }

    /// <summary>What scores, and so the base value and the contributions, are. Default: log-odds.</summary>
    public ScoreUnit Unit { get; init; }

    /// <summary>How the model makes probabilities of its scores. The base value and the contributions are parts of the score before it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public CalibrationMethod Calibration { get; init; }

    /// <summary>How far each column pushes the score of a row on average, strongest first; empty when that is not known.</summary>
    public ImmutableArray<MeanContribution> Contributions { get => field.IsDefault ? [] : field; init; }

    /// <summary>Why there are no <see cref="Contributions"/>; null when there are.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The mean prediction by the values of each of the most important columns; of a time column, by each part of its times. Empty where there are
    /// several classes.</summary>
    public ImmutableArray<DependenceCurve> Curves { get => field.IsDefault ? [] : field; init; }

    /// <summary>Explains a model on rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="features">How its features are made from raw rows.</param>
    /// <param name="schema">The raw columns.</param>
    /// <param name="rows">The feature columns of the rows, as <see cref="RowFeatures.BuildFeatures"/> makes them.</param>
    /// <param name="metric">The name of the metric of the importances.</param>
    /// <param name="importance">The importances of columns of <paramref name="schema"/>, most important first.</param>
    /// <param name="options">Rows and curves.</param>
    /// <param name="cancellationToken">Cancels between two parts of the work.</param>
    /// <exception cref="LearningException"><c>no-rows</c>; <c>signature-mismatch</c>: a column is missing or of another kind.</exception>
    public static ModelExplanation Of(
        TrainedModel model,
        RowFeatures features,
        TableSchema schema,
        Table rows,
        string metric,
        ImmutableArray<FeatureImportance> importance,
        ModelExplanationOptions options,
        CancellationToken cancellationToken = default)
    {
        var inputs = model.Signature.Inputs;
        var sample = RowSample.Of(rows.Select(inputs.Columns.Select(column => column.Name)), options.MaxRows, options.Seed);
        var raw = features.RawColumns(schema).ToDictionary(column => column.Name, StringComparer.Ordinal);
        var obstacle = ModelExplainer.Obstacle(model);
        var contributions = obstacle is null ? new ModelExplainer(model, features, schema).Contributions(sample, cancellationToken) : null;
        return new ModelExplanation
        {
            Metric = metric,
            Rows = sample.RowCount,
            Importance = importance,
            BaseValue = contributions?.BaseValue,
            Calibration = model.Calibration,
            Unit = contributions?.Unit ?? default,
            Contributions = contributions?.Means() ?? [],
            Obstacle = obstacle,
            Curves =
            [
                .. importance
                    .Take(model.Target.OutputCount == 1 ? options.Curves : 0)
                    .SelectMany(column => raw[column.Feature].Features)
                    .Where(feature => inputs.Find(feature) is not null)
                    .Select(feature => PartialDependence.Compute(
                        model.Predict,
                        sample,
                        feature,
                        new DependenceOptions { MaxRows = options.MaxRows, Seed = options.Seed },
                        cancellationToken)),
            ],
        };
    }
}
