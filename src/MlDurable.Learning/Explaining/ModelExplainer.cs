using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// Says what each column adds to the score of a row, by Shapley's value: exactly, for trees (where a column is not known, as the training rows
/// went), weighted sums and naive Bayes (columns taken as independent). Of an interaction either column has half. The score is the one before the model's
/// calibration. Immutable, so safe for concurrent use.
/// </summary>
public sealed class ModelExplainer
{
    private readonly TrainedModel model;
    private readonly RowFeatures features;
    private readonly Contributor contributor;
    private readonly (int First, int Second)[] pairs;

    /// <summary>Prepares a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="features">How its features are made from raw rows.</param>
    /// <param name="schema">The raw columns.</param>
    /// <exception cref="LearningException"><c>explanation-unavailable</c>: see <see cref="Obstacle"/>.</exception>
    public ModelExplainer(TrainedModel model, RowFeatures features, TableSchema schema)
    {
        if (Obstacle(model) is { } obstacle)
        {
            throw new LearningException("explanation-unavailable", obstacle);
        }

        this.model = model;
        this.features = features;
        var rawOf = features.RawColumns(schema)
            .SelectMany(raw => raw.Features.Select(feature => (feature, raw.Name)))
            .ToDictionary(pair => pair.feature, pair => pair.Name, StringComparer.Ordinal);
        var inputs = model.Features.FeatureInputs.ToArray();
        Columns = [.. inputs.Select(input => Raw(input.First)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

        // An interaction is on its own until its contribution is divided.
        pairs = [.. inputs.Where(input => input.Second is not null).Select(input => (Place(input.First), Place(input.Second!)))];
        var interactions = 0;
        contributor = For(model.Scorer, Array.ConvertAll(inputs, input => input.Second is null ? Place(input.First) : Columns.Length + interactions++));

        string Raw(string input) => rawOf.GetValueOrDefault(input, input);

        int Place(string input) => Columns.IndexOf(Raw(input), 0, StringComparer.Ordinal);
    }

    /// <summary>The raw columns that the model reads, in ordinal order.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>Why what columns add cannot be computed for a model, and what to do; <see langword="null"/> when it can.</summary>
    /// <param name="model">The model.</param>
    public static string? Obstacle(TrainedModel model) => model.Scorers.Length > 1
        ? "What columns add is known of models that give a row one score; this one gives it a score for each class. Look at its permutation importance."
        : ObstacleOf(model);

    private static string? ObstacleOf(TrainedModel model) => model.Scorer switch
    {
        LinearScorer { Means.IsDefault: false } or NaiveBayesScorer or PriorScorer => null,
        TreeScorer { Trees: var trees } when trees.All(tree => !tree.Cover.IsDefault) => null,
        ForestScorer { Trees: var trees } when trees.All(tree => !tree.Cover.IsDefault) => null,
        CustomScorer => $"What columns add to a score is not known for the trainer '{model.Trainer}', which is no trainer of this library. "
            + "Look at its permutation importance and partial dependence instead.",
        _ => $"The model was made by version {model.TrainerVersion} of the trainer '{model.Trainer}', which did not keep what an explanation needs. "
            + "It predicts as ever; train it again to have explanations.",
    };

    /// <summary>What the columns add to the scores of rows.</summary>
    /// <param name="rows">The model's feature columns, as <see cref="RowFeatures.BuildFeatures"/> makes them.</param>
    /// <param name="cancellationToken">Stops between two parts of the model.</param>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column is missing or of another kind.</exception>
    public Contributions Contributions(Table rows, CancellationToken cancellationToken = default) =>
        Contributions(model.Features.Apply(rows), cancellationToken);

    /// <summary>The reasons for the scores of raw rows.</summary>
    /// <param name="raw">The raw rows.</param>
    /// <param name="most">The most reasons for a row, at least 1.</param>
    /// <param name="cancellationToken">Stops between two parts of the model.</param>
    /// <returns>One explanation for each row, in their order.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column is missing or of another kind.</exception>
    public ImmutableArray<Explanation> Explain(Table raw, int most, CancellationToken cancellationToken = default)
    {
        var contributions = Contributions(features.BuildFeatures(raw), cancellationToken);
        return [.. Enumerable.Range(0, raw.RowCount).Select(row => contributions.Explain(row, most, column => TextOf(raw[column], row)))];
    }

    internal Contributions Contributions(FeatureMatrix matrix, CancellationToken cancellationToken)
    {
        var values = Enumerable.Range(0, Columns.Length + pairs.Length).Select(_ => new double[matrix.Rows]).ToArray();
        contributor.AddTo(values, matrix, cancellationToken);
        foreach (var (pair, (first, second)) in pairs.Index())
        {
            for (var row = 0; row < matrix.Rows; row++)
            {
                var half = values[Columns.Length + pair][row] / 2;
                values[first][row] += half;
                values[second][row] += half;
            }
        }

        return new Contributions(contributor.BaseValue, Columns, values[..Columns.Length])
        {
            Unit = model.Link switch
            {
                Link.Identity => ScoreUnit.Number,
                Link.Exponential => ScoreUnit.Logarithm,
                _ => model.Scorer is ForestScorer ? ScoreUnit.Probability : ScoreUnit.LogOdds,
            },
        };
    }

    private static Contributor For(Scorer scorer, int[] columnOf) => scorer switch
    {
        TreeScorer trees => new TreeContributor(trees, columnOf),
        ForestScorer forest => new TreeContributor(forest.ToSum(), columnOf),
        LinearScorer linear => new LinearContributor(linear, columnOf),
        NaiveBayesScorer bayes => new NaiveBayesContributor(bayes, columnOf),
        PriorScorer prior => new LinearContributor(new LinearScorer(prior.Score, [], []), columnOf),
        _ => throw new ArgumentOutOfRangeException(nameof(scorer), scorer.GetType(), "A scorer without contributions."),
    };

    private static string? TextOf(Column column, int row) => column switch
    {
        NumberColumn numbers => double.IsNaN(numbers.Values[row]) ? null : CellText.ToText(numbers.Values[row]),
        CategoryColumn categories => categories.TextAt(row),
        _ => ((TimeColumn)column).At(row) is { } instant ? CellText.ToText(instant) : null,
    };
}
