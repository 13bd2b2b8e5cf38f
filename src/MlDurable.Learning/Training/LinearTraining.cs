using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Training;

/// <summary>What trainers of weighted sums share: the features that they can use, the start, and the model.</summary>
internal static class LinearTraining
{
    /// <summary>The name of the hyperparameter with the most iterations, which each trainer declares with a default of its own.</summary>
    public const string MaxIterations = "max-iterations";

    private const string PositiveWeightName = "positive-weight";

    /// <summary>Greatest component of the gradient, for each row by its weight, at which a fit counts as converged.</summary>
    private const double TolerancePerRow = 1e-9;

    /// <summary>Moves a point, the weights and then the intercept, to where the objective and any other penalty are least together.</summary>
    /// <param name="objective">The loss of the training rows, with the penalty on squared weights.</param>
    /// <param name="point">No weights, and the log-odds of the share of positive rows, weighted.</param>
    /// <param name="tolerance">Greatest component of the gradient at which the point is good enough.</param>
    /// <param name="maxIterations">The most iterations.</param>
    /// <param name="beforeIteration">Told the number of iterations so far.</param>
    /// <returns>The number of iterations.</returns>
    public delegate int Minimize(LogisticObjective objective, double[] point, double tolerance, int maxIterations, Action<int> beforeIteration);

    /// <summary>scikit-learn's class_weight={1: weight}.</summary>
    public static HyperparameterSpec PositiveWeight { get; } = new(
        PositiveWeightName, 0.001, 1e6, 1, IsInteger: false,
        "How often the loss of a positive row counts. Other than 1, probabilities are those of rows so weighted.");

    /// <summary>Fits the model of a request.</summary>
    /// <param name="trainer">The trainer, with <see cref="PositiveWeight"/> and <see cref="MaxIterations"/> among its hyperparameters.</param>
    /// <param name="request">The request.</param>
    /// <param name="values">A value for each hyperparameter.</param>
    /// <param name="l2">Strength of the penalty on squared weights.</param>
    /// <param name="minimize">The optimiser.</param>
    /// <param name="cancellationToken">Stops between two iterations.</param>
    public static TrainedModel Fit(
        ITrainer trainer,
        TrainingRequest request,
        ImmutableSortedDictionary<string, double> values,
        double l2,
        Minimize minimize,
        CancellationToken cancellationToken)
    {
        request.RequireTrainable(trainer);
        var (fitted, features) = TrainingFeatures.Fit(trainer, request, Recipe(trainer, request));
        var labels = request.Training.Labels;
        var positiveWeight = values[PositiveWeightName];
        var maxIterations = (int)values[MaxIterations];
        var point = new double[fitted.OutputNames.Length + 1];
        point[^1] = BaselineTrainer.LogOdds(labels) + Math.Log(positiveWeight);
        minimize(
            new LogisticObjective(features, labels, l2, positiveWeight),
            point,
            TolerancePerRow * (labels.Length + ((positiveWeight - 1) * labels.Sum())),
            maxIterations,
            iteration =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                request.Progress?.Report((double)iteration / maxIterations);
            });
        request.Progress?.Report(1);
        return DecisionThreshold.Complete(trainer, request, fitted, new LinearScorer(point[^1], [.. point[..^1]], Means(features)));
    }

    /// <summary>The mean of each feature over the rows: of a one-hot one the share of rows where it is 1.</summary>
    private static ImmutableArray<double> Means(FeatureMatrix features)
    {
        var means = new double[features.FeatureCount];
        for (var i = 0; i < features.Dense.Length; i++)
        {
            var sum = new ExactSum();
            foreach (var value in features.Dense[i])
            {
                sum.Add(value);
            }

            means[i] = sum.Mean();
        }

        foreach (var feature in features.Hot.SelectMany(block => block).Where(feature => feature >= 0))
        {
            means[feature]++;
        }

        foreach (var block in features.Sparse)
        {
            for (var row = 0; row < features.Rows; row++)
            {
                foreach (var (feature, value) in block.At(row))
                {
                    means[feature] += value;
                }
            }
        }

        for (var i = features.Dense.Length; i < means.Length; i++)
        {
            means[i] /= features.Rows;
        }

        return [.. means];
    }

    /// <summary>A sum cannot leave out a missing number: predictions always need something to stand in for one.</summary>
    private static FeatureRecipe Recipe(ITrainer trainer, TrainingRequest request)
    {
        var recipe = request.Recipe with { Encoding = CategoryEncoding.OneHot };
        if (recipe.Imputation != NumberImputation.None)
        {
            return recipe;
        }

        var withMissing = request.Training.Features.Columns.FirstOrDefault(
            column => column.Kind == ColumnKind.Number && column.MissingCount > 0 && !column.IsAllMissing && !column.Name.StartsWith('@'));
        return withMissing is null
            ? recipe with { Imputation = NumberImputation.Mean }
            : throw new LearningException(
                "missing-numbers",
                $"{trainer.Name} cannot use the {withMissing.MissingCount} missing cells of '{withMissing.Name}'. "
                + "Ask for the imputation of the median or the mean.");
    }
}
