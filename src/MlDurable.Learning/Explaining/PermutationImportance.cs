using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>How much worse a metric becomes when a feature's values are shuffled among the rows.</summary>
/// <param name="Feature">The feature column.</param>
/// <param name="Mean">The mean loss over the repeats; positive where the model needs the feature.</param>
/// <param name="StandardError">The standard error of <paramref name="Mean"/> over the repeats: 0 for one repeat.</param>
public sealed record FeatureImportance(string Feature, double Mean, double StandardError);

/// <summary>How importance is measured.</summary>
public sealed record PermutationOptions
{
    /// <summary>How often each feature is shuffled, at least 1. Default 5.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>The seed of the shuffles. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told the share of the features that are done, from 0 to 1, or <see langword="null"/> (the default).</summary>
    public IProgress<double>? Progress { get; init; }
}

/// <summary>
/// Permutation importance (Breiman, "Random forests", 2001; for any model Fisher, Rudin and Dominici, 2019). Each column is shuffled by
/// itself, so columns that say the same share their importance.
/// </summary>
public static class PermutationImportance
{
    /// <summary>Measures the importance of each feature column.</summary>
    /// <param name="predict">The model: one score per row.</param>
    /// <param name="rows">The rows; columns whose names begin with @ are not shuffled.</param>
    /// <param name="labels">1 or 0 for each row.</param>
    /// <param name="metric">Computes the metric from labels and scores.</param>
    /// <param name="higherIsBetter">Whether greater values of the metric are better.</param>
    /// <param name="options">Repeats and seed.</param>
    /// <param name="cancellationToken">Stops between two shuffles.</param>
    /// <returns>The features, the most important first; equal ones in ordinal order of their names. The order of the columns makes no
    /// difference.</returns>
    /// <exception cref="LearningException"><c>no-rows</c>: there are no rows; <c>invalid-labels</c>: there are not as many labels as
    /// rows.</exception>
    public static ImmutableArray<FeatureImportance> Compute(
        Func<Table, double[]> predict,
        Table rows,
        double[] labels,
        Func<double[], double[], double> metric,
        bool higherIsBetter,
        PermutationOptions options,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Repeats, 1);
        if (rows.RowCount == 0)
        {
            throw new LearningException("no-rows", "There are no rows to measure the importance of features on.");
        }

        if (labels.Length != rows.RowCount)
        {
            throw new LearningException("invalid-labels", $"There are {labels.Length} labels for {rows.RowCount} rows.");
        }

        var intact = metric(labels, predict(rows));
        var results = new List<FeatureImportance>();
        var features = rows.Columns.Where(column => !column.Name.StartsWith('@')).ToArray();
        foreach (var feature in features)
        {
            var random = new SplitMix64(SeedFor(options.Seed, feature.Name));
            var losses = new double[options.Repeats];
            var order = Enumerable.Range(0, rows.RowCount).ToArray();
            for (var repeat = 0; repeat < losses.Length; repeat++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                random.Shuffle<int>(order);
                var shuffled = feature.Take(order);
                var changed = metric(labels, predict(new Table([.. rows.Columns.Select(column => column == feature ? shuffled : column)])));
                losses[repeat] = higherIsBetter ? intact - changed : changed - intact;
            }

            results.Add(new FeatureImportance(feature.Name, losses.Average(), StandardError(losses)));
            options.Progress?.Report((double)results.Count / features.Length);
        }

        return [.. results.OrderByDescending(result => result.Mean).ThenBy(result => result.Feature, StringComparer.Ordinal)];
    }

    /// <summary>Depends on the name and not the place of the column.</summary>
    private static ulong SeedFor(ulong seed, string name) => new SplitMix64(seed ^ Crc32C.Compute(Encoding.UTF8.GetBytes(name))).Next();

    private static double StandardError(double[] losses)
    {
        if (losses.Length == 1)
        {
            return 0;
        }

        var mean = losses.Average();
        return Math.Sqrt(losses.Sum(loss => (loss - mean) * (loss - mean)) / (losses.Length - 1) / losses.Length);
    }
}
