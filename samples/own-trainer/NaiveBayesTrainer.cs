using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;

namespace OwnTrainer;

/// <summary>Naive Bayes: a normal distribution of each number and the frequency of each category, within either class.</summary>
internal sealed class NaiveBayesTrainer : CustomTrainer
{
    private const string Smoothing = "smoothing";

    public override string Name => "own-naive-bayes";

    public override string Description => "Naive Bayes: takes every column for independent of the others within a class.";

    public override IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
        [new(Smoothing, 0.01, 1000, 1, IsInteger: false, "Rows of either class that every category has beforehand.")];

    protected override FeatureRecipe Adapt(FeatureRecipe recipe) =>
        recipe with { Imputation = NumberImputation.Median, Standardize = true, Encoding = CategoryEncoding.OneHot };

    protected override ICustomScorer Learn(CustomTraining training, CancellationToken cancellationToken)
    {
        int[][] classes = [RowsOf(0), RowsOf(1)];
        var smoothing = training.Hyperparameters[Smoothing];
        var levels = new double[training.Rows.FeatureCount];
        foreach (var block in training.Rows.Hot)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var negative = classes[0].CountBy(row => block[row]).ToDictionary();
            var positive = classes[1].CountBy(row => block[row]).ToDictionary();
            foreach (var level in negative.Keys.Union(positive.Keys).Where(level => level >= 0))
            {
                levels[level] = Math.Log((positive.GetValueOrDefault(level) + smoothing) / (classes[1].Length + smoothing))
                    - Math.Log((negative.GetValueOrDefault(level) + smoothing) / (classes[0].Length + smoothing));
            }
        }

        return new NaiveBayes(
            Math.Log((double)classes[1].Length / classes[0].Length),
            [.. training.Rows.Dense.Select(column => Bell.Of(column, classes[0]))],
            [.. training.Rows.Dense.Select(column => Bell.Of(column, classes[1]))],
            levels);

        int[] RowsOf(double label) => [.. Enumerable.Range(0, training.Labels.Length).Where(row => training.Labels[row] == label)];
    }

    protected override ICustomScorer Read(ReadOnlySpan<byte> state, int denseCount, int featureCount) =>
        JsonSerializer.Deserialize<NaiveBayes>(state) is { } model && model.Fits(denseCount, featureCount)
            ? model
            : throw new FormatException("This is no naive Bayes model of these features.");
}
