using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>Half the squared error. Residuals are the prediction minus the label, weighted.</summary>
/// <param name="features">The features of the rows.</param>
/// <param name="rows">Their labels, any numbers, and weights above 0.</param>
/// <param name="l2">Strength of the penalty.</param>
internal sealed class SquaredObjective(FeatureMatrix features, LabeledRows rows, double l2) : LinearObjective(features, l2)
{
    public override void FillCurvatures(double[] curvatures)
    {
        for (var row = 0; row < curvatures.Length; row++)
        {
            curvatures[row] = rows.Weights?[row] ?? 1;
        }
    }

    protected override double ToResiduals(Span<double> scores, int start)
    {
        var loss = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            var (weight, error) = (rows.Weights?[start + i] ?? 1, scores[i] - rows.Labels[start + i]);
            loss += weight * error * error / 2;
            scores[i] = weight * error;
        }

        return loss;
    }
}
