using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// The Shapley values of a weighted sum when the features are taken as independent: the weight times the distance from the training mean
/// (Lundberg and Lee, "A unified approach to interpreting model predictions", 2017, corollary 1). The model must have its means.
/// </summary>
internal sealed class LinearContributor(LinearScorer scorer, int[] columnOf) : Contributor(columnOf)
{
    public override double BaseValue { get; } = scorer.Intercept + scorer.Weights.Zip(scorer.Means, (weight, mean) => weight * mean).Sum();

    public override void AddTo(double[][] contributions, FeatureMatrix features, CancellationToken cancellationToken)
    {
        for (var feature = 0; feature < features.FeatureCount; feature++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var weight = scorer.Weights[feature];
            var mean = scorer.Means[feature];
            var column = contributions[ColumnOf[feature]];
            var values = feature < features.Dense.Length ? features.Dense[feature] : null;
            for (var row = 0; row < column.Length; row++)
            {
                column[row] += weight * ((values?[row] ?? 0) - mean);
            }
        }

        AddLevels(contributions, features, feature => scorer.Weights[feature]);

        foreach (var block in features.Sparse)
        {
            for (var row = 0; row < features.Rows; row++)
            {
                foreach (var (feature, value) in block.At(row))
                {
                    contributions[ColumnOf[feature]][row] += scorer.Weights[feature] * value;
                }
            }
        }
    }
}
