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
    /// <param name="point">No weights, and the log-odds of the share of positive rows, weighted, or the mean label.</param>
    /// <param name="tolerance">Greatest component of the gradient at which the point is good enough.</param>
    /// <param name="maxIterations">The most iterations.</param>
    /// <param name="beforeIteration">Told the number of iterations so far.</param>
    /// <returns>The number of iterations.</returns>
    public delegate int Minimize(LinearObjective objective, double[] point, double tolerance, int maxIterations, Action<int> beforeIteration);

    /// <summary>scikit-learn's class_weight={1: weight}.</summary>
    public static HyperparameterSpec PositiveWeight { get; } = new(
        PositiveWeightName, 0.001, 1e6, 1, IsInteger: false,
        "How often the loss of a positive row counts. Other than 1, probabilities are those of rows so weighted.");

    /// <summary>Fits the model of a request whose rows have one score: of binary labels or of numbers.</summary>
    /// <param name="trainer">The trainer, with <see cref="PositiveWeight"/> (unless it learns only numbers) and <see cref="MaxIterations"/> among its
    /// hyperparameters.</param>
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
        var (rows, fitted, features) = Prepare(trainer, request, values);
        var isNumber = rows.Target.Task == LearningTask.Regression;
        var positiveWeight = values.GetValueOrDefault(PositiveWeightName, 1);
        var point = new double[fitted.OutputNames.Length + 1];
        point[^1] = isNumber ? BaselineTrainer.Mean(rows) : BaselineTrainer.LogOdds(rows) + Math.Log(positiveWeight);
        minimize(
            isNumber ? new SquaredObjective(features, rows, l2) : new LogisticObjective(features, rows.Labels, l2, positiveWeight, rows.Weights),
            point,
            isNumber
                ? TolerancePerRow * rows.Labels.Length * Deviation(rows.Labels)
                : TolerancePerRow * (rows.Labels.Length + ((positiveWeight - 1) * rows.Labels.Sum())),
            (int)values[MaxIterations],
            Watch(request, values, cancellationToken));
        request.Progress?.Report(1);
        var scorer = new LinearScorer(point[^1], [.. point[..^1]], Means(features));
        return isNumber
            ? new TrainedModel(trainer.Name, trainer.Version, fitted, [scorer], request.Target, Link.Identity)
            : DecisionThreshold.Complete(trainer, request, fitted, scorer);
    }

    /// <summary>Fits the model of a request of several classes, by L-BFGS.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="request">The request.</param>
    /// <param name="values">A value for each hyperparameter.</param>
    /// <param name="l2">Strength of the penalty on squared weights.</param>
    /// <param name="cancellationToken">Stops between two iterations.</param>
    public static TrainedModel FitClasses(
        ITrainer trainer, TrainingRequest request, ImmutableSortedDictionary<string, double> values, double l2, CancellationToken cancellationToken)
    {
        var (rows, fitted, features) = Prepare(trainer, request, values);
        var width = features.FeatureCount + 1;
        var point = new double[rows.Target.Classes.Length * width];
        foreach (var (place, score) in BaselineTrainer.ClassScores(rows).Index())
        {
            point[(place * width) + width - 1] = score;
        }

        Lbfgs.Minimize(
            new SoftmaxObjective(features, rows, l2).Evaluate,
            point,
            TolerancePerRow * rows.Labels.Length,
            (int)values[MaxIterations],
            Watch(request, values, cancellationToken));
        request.Progress?.Report(1);
        var means = Means(features);
        return new TrainedModel(
            trainer.Name,
            trainer.Version,
            fitted,
            [.. point.Chunk(width).Select(ofClass => new LinearScorer(ofClass[^1], [.. ofClass[..^1]], means))],
            request.Target,
            Link.Softmax);
    }

    private static (LabeledRows Rows, FittedFeatures Fitted, FeatureMatrix Features) Prepare(
        ITrainer trainer, TrainingRequest request, ImmutableSortedDictionary<string, double> values)
    {
        request.RequireTrainable(trainer);
        if (request.Target.Task != LearningTask.Binary && values.GetValueOrDefault(PositiveWeightName, 1) != 1)
        {
            throw new LearningException(
                "hyperparameter-unsuited",
                $"{trainer.Name}: {PositiveWeightName} is for binary labels, and these are {request.Target.Describe()}. Leave it out, or give rows weights.");
        }

        // A row that counts nothing must not shape the features either.
        var counting = request with { Training = request.Training.WithWeight() };
        var (fitted, features) = TrainingFeatures.Fit(trainer, counting, Recipe(trainer, counting));
        return (counting.Training, fitted, features);
    }

    private static Action<int> Watch(TrainingRequest request, ImmutableSortedDictionary<string, double> values, CancellationToken cancellationToken) => iteration =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        request.Progress?.Report(iteration / values[MaxIterations]);
    };

    private static double Deviation(double[] labels)
    {
        var mean = labels.Average();
        return Math.Sqrt(labels.Sum(label => (label - mean) * (label - mean)) / labels.Length);
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
