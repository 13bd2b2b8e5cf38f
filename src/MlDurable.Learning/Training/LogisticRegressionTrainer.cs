using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises l2/2 · |weights|² + the sum of the log losses of the training rows; the intercept is free. This is scikit-learn's
/// LogisticRegression with C = 1/l2.
/// </summary>
internal sealed class LogisticRegressionTrainer : ITrainer
{
    private const string L2 = "l2";
    private const string MaxIterations = "max-iterations";

    /// <summary>Greatest component of the gradient, per training row, at which the fit counts as converged.</summary>
    private const double TolerancePerRow = 1e-9;

    public string Name => "logistic-regression";

    public string Version => "3";

    public string Description =>
        "Logistic regression with an L2 penalty, fitted by L-BFGS. "
        + "Takes imputation, standardisation, folding, the encodings of columns and interactions from the recipe; other categories are always one-hot.";

    public bool TakesText => true;

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(L2, 0, 1e9, 1, IsInteger: false, "Strength of the penalty on squared weights; 1/C in scikit-learn's terms."),
        new(MaxIterations, 1, 100_000, 500, IsInteger: true, "The most iterations of the optimiser; it usually stops long before."),
    ];

    public BinaryModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable();
        var (fitted, features) = TrainingFeatures.Fit(this, request, LinearRecipe(request));
        var objective = new LogisticObjective(features, request.Training.Labels, values[L2]);
        var point = new double[fitted.OutputNames.Length + 1];
        point[^1] = BaselineTrainer.LogOdds(request.Training.Labels);
        var maxIterations = (int)values[MaxIterations];
        Lbfgs.Minimize(
            objective.Evaluate,
            point,
            TolerancePerRow * request.Training.Labels.Length,
            maxIterations,
            iteration =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                request.Progress?.Report((double)iteration / maxIterations);
            });
        request.Progress?.Report(1);
        return DecisionThreshold.Complete(this, request, fitted, new LinearScorer(point[^1], [.. point[..^1]], Means(features)));
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
    private static FeatureRecipe LinearRecipe(TrainingRequest request)
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
                $"logistic-regression cannot use the {withMissing.MissingCount} missing cells of '{withMissing.Name}'. "
                + "Ask for the imputation of the median or the mean.");
    }
}
