using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// The Shapley values of naive Bayes when the features are taken as independent: what each adds to the score, less what it adds to that of a training row
/// on average. That is exact for every sum of functions of one feature each.
/// </summary>
internal sealed class NaiveBayesContributor(NaiveBayesScorer scorer, int[] columnOf) : Contributor(columnOf)
{
    public override double BaseValue { get; } = scorer.Prior + scorer.Means.Sum();

    public override void AddTo(double[][] contributions, FeatureMatrix features, CancellationToken cancellationToken)
    {
        for (var feature = 0; feature < features.FeatureCount; feature++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = feature < features.Dense.Length ? features.Dense[feature] : null;
            var column = contributions[ColumnOf[feature]];
            for (var row = 0; row < column.Length; row++)
            {
                column[row] += (values is null ? 0 : scorer.Numbers[feature].LogRatio(values[row])) - scorer.Means[feature];
            }
        }

        AddLevels(contributions, features, feature => scorer.Levels[feature - features.Dense.Length]);
    }
}
