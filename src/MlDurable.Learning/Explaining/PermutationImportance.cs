using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>How much worse a metric becomes when a column's values are shuffled among the rows.</summary>
/// <param name="Feature">The column.</param>
/// <param name="Mean">The mean loss over the repeats; positive where the model needs the column.</param>
/// <param name="StandardError">The standard error of <paramref name="Mean"/> over the repeats: 0 for one repeat.</param>
public sealed record FeatureImportance(string Feature, double Mean, double StandardError)
{
    /// <summary>
    /// The 95 % interval of <see cref="Mean"/> by Student's t over the repeats; <see langword="null"/> for one repeat, and in records of versions
    /// before there were intervals. It tells what other shuffles would give on the same rows, not what other rows would.
    /// </summary>
    public Interval? Interval { get; init; }
}

/// <summary>The importance of the columns on the rows of a slice.</summary>
/// <param name="Column">The slicing column.</param>
/// <param name="Value">The value that the rows share; <see cref="SliceTests.MissingValue"/> for rows without one.</param>
/// <param name="Rows">The rows of the slice.</param>
/// <param name="Importance">The columns, the most important first.</param>
public sealed record SliceImportance(string Column, string Value, int Rows, ImmutableArray<FeatureImportance> Importance);

/// <summary>How importance is measured.</summary>
public sealed record PermutationOptions
{
    /// <summary>How often each column is shuffled, at least 1. Default 5.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>The seed of the shuffles. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The columns of the data, whose features are shuffled together. Those of which the rows have no feature are passed over. Default:
    /// each column of the rows by itself.</summary>
    public ImmutableArray<RawColumn> Columns { get; init; }

    /// <summary>Told the share of the columns that are done, from 0 to 1, or <see langword="null"/> (the default).</summary>
    public IProgress<double>? Progress { get; init; }
}

/// <summary>
/// Permutation importance (Breiman, "Random forests", 2001; for any model Fisher, Rudin and Dominici, 2019). Each column is shuffled by
/// itself, so columns that say the same share their importance.
/// </summary>
public static class PermutationImportance
{
    private const double Confidence = 0.95;

    /// <summary>Measures the importance of each column.</summary>
    /// <param name="predict">The model: what <paramref name="metric"/> takes.</param>
    /// <param name="rows">The rows; columns whose names begin with @ are not shuffled.</param>
    /// <param name="labels">The truth for each row.</param>
    /// <param name="metric">Computes the metric from labels and scores.</param>
    /// <param name="higherIsBetter">Whether greater values of the metric are better.</param>
    /// <param name="options">Repeats, seed and columns.</param>
    /// <param name="cancellationToken">Stops between two shuffles.</param>
    /// <returns>The columns, the most important first; equal ones in ordinal order of their names. The order of the columns makes no
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
        var columns = ShuffledTogether(rows, options);
        foreach (var column in columns)
        {
            var random = new SplitMix64(SeedFor(options.Seed, column.Name));
            var losses = new double[options.Repeats];
            var order = Enumerable.Range(0, rows.RowCount).ToArray();
            for (var repeat = 0; repeat < losses.Length; repeat++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                random.Shuffle<int>(order);
                var changed = metric(
                    labels, predict(new Table([.. rows.Columns.Select(feature => column.Features.Contains(feature.Name) ? feature.Take(order) : feature)])));
                losses[repeat] = higherIsBetter ? intact - changed : changed - intact;
            }

            results.Add(Summary(column.Name, losses));
            options.Progress?.Report((double)results.Count / columns.Length);
        }

        return [.. results.OrderByDescending(result => result.Mean).ThenBy(result => result.Feature, StringComparer.Ordinal)];
    }

    /// <summary>Measures the importance of each column on the rows of each slice: values are shuffled only among the rows of the slice.</summary>
    /// <param name="predict">The model: what <paramref name="metric"/> takes.</param>
    /// <param name="rows">The rows; columns whose names begin with @ are not shuffled.</param>
    /// <param name="labels">The truth for each row.</param>
    /// <param name="metric">Computes the metric from labels and scores.</param>
    /// <param name="higherIsBetter">Whether greater values of the metric are better.</param>
    /// <param name="slicing">The slicing columns, with as many rows.</param>
    /// <param name="task">What the labels are.</param>
    /// <param name="options">Repeats, seed and columns.</param>
    /// <param name="cancellationToken">Stops between two shuffles.</param>
    /// <returns>The slices that are large enough to be tested (see <see cref="SliceTests"/>), by column, largest first.</returns>
    /// <exception cref="LearningException"><c>invalid-labels</c>: there are not as many labels as rows; <c>length-mismatch</c>: a slicing column
    /// has another number of rows.</exception>
    public static ImmutableArray<SliceImportance> ComputeSlices(
        Func<Table, double[]> predict,
        Table rows,
        double[] labels,
        Func<double[], double[], double> metric,
        bool higherIsBetter,
        IReadOnlyList<CategoryColumn> slicing,
        LearningTask task,
        PermutationOptions options,
        CancellationToken cancellationToken = default)
    {
        if (labels.Length != rows.RowCount)
        {
            throw new LearningException("invalid-labels", $"There are {labels.Length} labels for {rows.RowCount} rows.");
        }

        var slices = slicing
            .SelectMany(column => SliceTests.Of(column, labels.Length).Select(slice => (Column: column, slice.Code, slice.Rows)))
            .Select(slice => (slice.Column, slice.Code, slice.Rows, Labels: slice.Rows.ConvertAll(row => labels[row]).ToArray()))
            .Where(slice => SliceTests.IsLarge(slice.Labels, task))
            .ToArray();
        var results = ImmutableArray.CreateBuilder<SliceImportance>(slices.Length);
        foreach (var slice in slices)
        {
            var importance = Compute(
                predict, rows.Take(slice.Rows.ToArray()), slice.Labels, metric, higherIsBetter, options with { Progress = null }, cancellationToken);
            results.Add(new SliceImportance(slice.Column.Name, SliceTests.ValueOf(slice.Column, slice.Code), slice.Rows.Count, importance));
            options.Progress?.Report((double)results.Count / slices.Length);
        }

        return results.DrainToImmutable();
    }

    private static RawColumn[] ShuffledTogether(Table rows, PermutationOptions options) =>
        options.Columns.IsDefault
            ? [.. rows.Columns.Where(column => !column.Name.StartsWith('@')).Select(column => new RawColumn(column.Name, [column.Name]))]
            : [.. options.Columns.Where(column => column.Features.Any(feature => rows.TryGet(feature, out _)))];

    /// <summary>Depends on the name and not the place of the column.</summary>
    private static ulong SeedFor(ulong seed, string name) => new SplitMix64(seed ^ Crc32C.Compute(Encoding.UTF8.GetBytes(name))).Next();

    private static FeatureImportance Summary(string column, double[] losses)
    {
        var mean = losses.Average();
        if (losses.Length == 1)
        {
            return new FeatureImportance(column, mean, 0);
        }

        var standardError = Math.Sqrt(losses.Sum(loss => (loss - mean) * (loss - mean)) / (losses.Length - 1) / losses.Length);
        var reach = Distributions.StudentTQuantile((1 + Confidence) / 2, losses.Length - 1) * standardError;
        return new FeatureImportance(column, mean, standardError) { Interval = new Interval(mean - reach, mean + reach, Confidence) };
    }
}
