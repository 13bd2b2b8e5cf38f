using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Naive Bayes, which takes columns for independent of each other within a class. A number has a normal distribution in either class, with the variance
/// (divisor n) of its standardised values plus variance-smoothing: scikit-learn's GaussianNB on standardised numbers. A level has the probability
/// (rows + smoothing) / (rows of all levels + smoothing · levels): its CategoricalNB with alpha = smoothing. Scores are sums of logarithms.
/// </summary>
/// <remarks>
/// A missing cell is left out: of the rows that a distribution is learned from, and of the product for a row that is scored. A number of which one class
/// has no value adds nothing.
/// </remarks>
internal sealed class NaiveBayesTrainer : ITrainer
{
    private const string Smoothing = "smoothing";
    private const string VarianceSmoothing = "variance-smoothing";

    public string Name => "naive-bayes";

    public string Version => "1";

    public string Description =>
        "Naive Bayes: a normal distribution of each number and the frequency of each category, within either class; missing cells are left out. "
        + "Takes folding, the encodings of columns except text, and interactions from the recipe; numbers are always standardised and never filled in, other categories always one-hot.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Smoothing, 0.001, 1e6, 1, IsInteger: false, "Rows of either class that every category has beforehand; alpha in scikit-learn's terms."),
        new(VarianceSmoothing, 1e-12, 1, 1e-9, IsInteger: false, "What is added to the variance of each standardised number; var_smoothing in scikit-learn's terms."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        var recipe = request.Recipe with { Imputation = NumberImputation.None, Standardize = true, Encoding = CategoryEncoding.OneHot };
        var (fitted, features) = TrainingFeatures.Fit(this, request, recipe);
        cancellationToken.ThrowIfCancellationRequested();
        var labels = request.Training.Labels;
        var numbers = new NormalPair[features.Dense.Length];
        var means = new double[features.FeatureCount];
        Parallel.For(0, numbers.Length, i =>
        {
            numbers[i] = FitNumber(features.Dense[i], labels, values[VarianceSmoothing]);
            var sum = new ExactSum();
            foreach (var value in features.Dense[i])
            {
                sum.Add(numbers[i].LogRatio(value));
            }

            means[i] = sum.Mean();
        });

        request.Progress?.Report(0.5);
        cancellationToken.ThrowIfCancellationRequested();
        var levels = ImmutableArray.CreateBuilder<double>(features.FeatureCount - numbers.Length);
        foreach (var (category, block) in fitted.Blocks.Zip(features.Hot))
        {
            var first = numbers.Length + levels.Count;
            var counts = Counts(category, block, first, labels);
            levels.AddRange(LogRatios(category, counts, values[Smoothing]));
            for (var level = 0; level < category.LevelCount; level++)
            {
                means[first + level] = levels[first + level - numbers.Length] * (counts.Negative[level] + counts.Positive[level]) / features.Rows;
            }
        }

        var scorer = new NaiveBayesScorer(BaselineTrainer.LogOdds(labels), [.. numbers], levels.MoveToImmutable(), [.. means]);
        request.Progress?.Report(1);
        return DecisionThreshold.Complete(this, request, fitted, scorer);
    }

    /// <summary>The training rows of each level in either class.</summary>
    private static (int[] Negative, int[] Positive) Counts(ICodedColumn category, int[] block, int first, double[] labels)
    {
        var (negative, positive) = (new int[category.LevelCount], new int[category.LevelCount]);
        for (var row = 0; row < block.Length; row++)
        {
            (labels[row] > 0 ? positive : negative)[block[row] - first]++;
        }

        return (negative, positive);
    }

    /// <summary>What each level adds to a score: nothing for that of missing cells, which comes last.</summary>
    private static IEnumerable<double> LogRatios(ICodedColumn category, (int[] Negative, int[] Positive) counts, double smoothing)
    {
        var present = category.LevelCount - (category.MissingLevel >= 0 ? 1 : 0);
        var negatives = counts.Negative.Take(present).Sum() + (smoothing * present);
        var positives = counts.Positive.Take(present).Sum() + (smoothing * present);
        for (var level = 0; level < category.LevelCount; level++)
        {
            yield return level < present
                ? Math.Log((counts.Positive[level] + smoothing) / positives) - Math.Log((counts.Negative[level] + smoothing) / negatives)
                : 0;
        }
    }

    private static NormalPair FitNumber(double[] column, double[] labels, double smoothing) =>
        Moments(column, labels, 0) is var (negativeMean, negativeVariance) && Moments(column, labels, 1) is var (positiveMean, positiveVariance)
            ? new NormalPair(negativeMean, negativeVariance + smoothing, positiveMean, positiveVariance + smoothing)
            : NormalPair.Equal;

    /// <summary>Mean and variance of the values in the rows of a class, or null when there is none.</summary>
    private static (double Mean, double Variance)? Moments(double[] column, double[] labels, double label)
    {
        var values = column.Where((value, row) => labels[row] == label && !double.IsNaN(value)).ToArray();
        if (values.Length == 0)
        {
            return null;
        }

        var (sum, squares) = (new ExactSum(), new ExactSum());
        foreach (var value in values)
        {
            sum.Add(value);
        }

        var mean = sum.Mean();
        foreach (var value in values)
        {
            squares.Add((value - mean) * (value - mean));
        }

        return (mean, squares.Mean());
    }
}
