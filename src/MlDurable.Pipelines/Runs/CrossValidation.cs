using System.Collections.Immutable;
using MlDurable.Learning.Judging;

namespace MlDurable.Pipelines.Runs;

/// <summary>What one fold's model of a candidate reached: <c>cache/&lt;pipeline&gt;/folds/&lt;key&gt;.json</c>.</summary>
/// <param name="TrainingRows">Rows that the model was fitted on.</param>
/// <param name="ValidationRows">Rows that stopped it early, calibrated it and gave it its threshold.</param>
/// <param name="TestRows">Rows that it was tested on.</param>
/// <param name="Metrics">Metrics on the test rows, by metric name.</param>
/// <param name="FitSeconds">How long the fit took where it was done.</param>
public sealed record FoldResult(int TrainingRows, int ValidationRows, int TestRows, ImmutableSortedDictionary<string, double> Metrics, double FitSeconds);

/// <summary>What a candidate reached in a cross-validation.</summary>
/// <param name="By">What divided the rows: <c>random</c>, <c>stratified</c>, <c>group</c> or <c>time</c>.</param>
/// <param name="Folds">The folds in their order.</param>
/// <param name="Metrics">The mean of each metric over the folds, and its standard error.</param>
public sealed record CrossValidation(string By, ImmutableArray<FoldResult> Folds, ImmutableSortedDictionary<string, FoldMean> Metrics)
{
    /// <summary>The folds and their means.</summary>
    internal static CrossValidation Of(string by, ImmutableArray<FoldResult> folds)
    {
        var testedPerTrained = folds.Sum(fold => (double)fold.TestRows) / folds.Sum(fold => (double)fold.TrainingRows + fold.ValidationRows);
        return new CrossValidation(
            by,
            folds,
            folds[0].Metrics.Keys.ToImmutableSortedDictionary(
                metric => metric, metric => FoldMean.Of([.. folds.Select(fold => fold.Metrics[metric])], testedPerTrained)));
    }
}
