using System.Collections.Immutable;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Metrics;

/// <summary>Predicted numbers against the truth.</summary>
/// <param name="Quantiles">Of the errors, prediction less truth: the 5, 25, 50, 75 and 95 % quantiles.</param>
/// <param name="Points">Some rows, at most 500, spread evenly over the truth: x the truth, y the prediction.</param>
public sealed record ErrorFigures(ImmutableArray<double> Quantiles, ImmutableArray<CurvePoint> Points)
{
    private const int MostPoints = 500;

    private static readonly double[] Shares = [0.05, 0.25, 0.5, 0.75, 0.95];

    /// <summary>Computes them.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static ErrorFigures Of(double[] labels, double[] predictions)
    {
        ScoredRows.CheckNumbers(labels, predictions);
        var errors = labels.Zip(predictions, (label, prediction) => prediction - label).Order().ToArray();
        var order = Enumerable.Range(0, labels.Length).OrderBy(row => labels[row]).ToArray();
        var shown = Math.Min(order.Length, MostPoints);
        return new ErrorFigures(
            [.. Shares.Select(share => Numerics.Quantiles.Linear(errors, share))],
            [.. Enumerable.Range(0, shown).Select(i => order[(int)((long)i * order.Length / shown)]).Select(row => new CurvePoint(labels[row], predictions[row]))]);
    }
}
