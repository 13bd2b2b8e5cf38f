using MlDurable.Learning.Features;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// Divides the scores of rows among the columns by Shapley's value. Immutable, so safe for concurrent use.
/// </summary>
/// <param name="columnOf">For each feature the column that it counts for.</param>
internal abstract class Contributor(int[] columnOf)
{
    /// <summary>The mean score, from which the contributions lead to that of a row.</summary>
    public abstract double BaseValue { get; }

    /// <summary>For each feature the column that it counts for.</summary>
    protected int[] ColumnOf => columnOf;

    /// <summary>Adds the contributions of the features to those of their columns.</summary>
    /// <param name="contributions">For each column and row the sum so far.</param>
    /// <param name="features">The rows.</param>
    /// <param name="cancellationToken">Stops between two parts of the model.</param>
    public abstract void AddTo(double[][] contributions, FeatureMatrix features, CancellationToken cancellationToken);

    /// <summary>Adds what the one-hot features add that are 1.</summary>
    /// <param name="contributions">For each column and row the sum so far.</param>
    /// <param name="features">The rows.</param>
    /// <param name="weightOf">What a feature adds.</param>
    protected void AddLevels(double[][] contributions, FeatureMatrix features, Func<int, double> weightOf)
    {
        foreach (var block in features.Hot)
        {
            for (var row = 0; row < block.Length; row++)
            {
                if (block[row] >= 0)
                {
                    contributions[ColumnOf[block[row]]][row] += weightOf(block[row]);
                }
            }
        }
    }
}
