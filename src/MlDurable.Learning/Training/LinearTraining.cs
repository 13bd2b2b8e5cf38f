using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Training;

/// <summary>What trainers of weighted sums share: the features that they can use, the start, and the model.</summary>
internal static class LinearTraining
{
    /// <summary>Greatest component of the gradient, per training row, at which a fit counts as converged.</summary>
    public const double TolerancePerRow = 1e-9;

    /// <summary>Moves a point, the weights and then the intercept, to where the penalised loss of the training rows is least.</summary>
    /// <param name="features">The features of the training rows.</param>
    /// <param name="point">No weights, and the log-odds of the share of positive rows.</param>
    /// <param name="beforeIteration">Told the number of iterations so far.</param>
    public delegate void Minimize(FeatureMatrix features, double[] point, Action<int> beforeIteration);

    /// <summary>Fits the model of a request whose hyperparameters have been checked.</summary>
    public static BinaryModel Fit(ITrainer trainer, TrainingRequest request, int maxIterations, Minimize minimize, CancellationToken cancellationToken)
    {
        request.RequireTrainable();
        var fitted = FittedFeatures.Fit(request.Training.Features, Recipe(trainer, request), request.Transforms);
        var features = fitted.Apply(request.Training.Features);
        var point = new double[fitted.OutputNames.Length + 1];
        point[^1] = BaselineTrainer.LogOdds(request.Training.Labels);
        minimize(features, point, iteration =>
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
