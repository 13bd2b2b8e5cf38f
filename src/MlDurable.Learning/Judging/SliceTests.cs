using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Judging;

/// <summary>Candidate and reference on the parts of the rows. Thread-safe.</summary>
/// <remarks>
/// <para>A slice is tested from 100 rows; with two classes it needs 30 of the rarer one, with more 30 that are not of its most frequent one. It counts against the candidate only when it is <b>shown to be
/// worse</b>: the one-sided test of "the gain is below -2 x margin" (normal, with the slice's bootstrap standard error), after Holm's
/// correction over all tested slices of all columns, at alpha 0.05. A slice too small to say is shown as such and decides nothing.</para>
/// <para>Under the strict rule every tested slice must instead be non-inferior: the lower end of its interval above -margin. That is
/// an intersection-union test, which needs no correction; on slices of a few hundred rows it refuses nearly every candidate.</para>
/// </remarks>
public static class SliceTests
{
    /// <summary>The fewest rows of a tested slice.</summary>
    public const int MinimumRows = 100;

    /// <summary>The fewest rows of a tested slice that are not of its most frequent class; numbers have no such limit.</summary>
    public const int MinimumRarerClass = 30;

    /// <summary>The chance of holding one good slice against the candidate.</summary>
    public const double Alpha = 0.05;

    /// <summary>The most untested slices of a column that are shown, largest first; a column may have thousands.</summary>
    public const int MostUntested = 20;

    /// <summary>The value of the slice of rows that have none.</summary>
    public const string MissingValue = "(missing)";

    /// <summary>Judges every slice of every column.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="labels">The truth per row.</param>
    /// <param name="candidate">The candidate's scores on the rows.</param>
    /// <param name="reference">The reference's scores on the rows; null when there is none, and then nothing is tested.</param>
    /// <param name="columns">The slicing columns.</param>
    /// <param name="margin">The margin in units of the metric, above 0.</param>
    /// <param name="strict">Whether every tested slice must be non-inferior.</param>
    /// <param name="options">The resampling.</param>
    /// <returns>The slices by column, largest first.</returns>
    /// <exception cref="LearningException">As <see cref="Metric.Evaluate"/>; code <c>length-mismatch</c> when a slicing column has another number of rows.</exception>
    public static ImmutableArray<SliceResult> Run(
        Metric metric,
        double[] labels,
        ScoredModel candidate,
        ScoredModel? reference,
        IReadOnlyList<CategoryColumn> columns,
        double margin,
        bool strict,
        BootstrapOptions options)
    {
        var results = new List<SliceResult>();
        foreach (var column in columns)
        {
            var untested = 0;
            foreach (var slice in Of(column, labels.Length))
            {
                var result = Judge(column, slice.Code, slice.Rows);
                if (result.Finding != SliceFinding.TooSmall || untested++ < MostUntested)
                {
                    results.Add(result);
                }
            }
        }

        return strict || reference is null ? [.. results] : Corrected(results, margin);

        SliceResult Judge(CategoryColumn column, int code, List<int> rows)
        {
            var sliceLabels = Pick(labels, rows, labels.Length);
            var sliceCandidate = candidate with { Scores = Pick(candidate.Scores, rows, labels.Length) };
            var sliceReference = reference is null ? null : reference with { Scores = Pick(reference.Scores, rows, labels.Length) };
            var large = IsLarge(sliceLabels, metric.Task);
            var difference = large && sliceReference is not null
                ? Bootstrap.Compare(metric, sliceLabels, sliceCandidate, sliceReference, options)
                : null;
            return new SliceResult(
                column.Name,
                ValueOf(column, code),
                rows.Count,
                metric.Task == LearningTask.Binary ? sliceLabels.Count(label => label == 1) : null,
                Value(sliceLabels, sliceCandidate),
                sliceReference is null ? null : Value(sliceLabels, sliceReference),
                difference,
                null,
                !large ? SliceFinding.TooSmall
                    : strict && difference is not null && difference.Interval.Low <= -margin ? SliceFinding.NotShownNonInferior
                    : SliceFinding.NotShownWorse);
        }

        double? Value(double[] sliceLabels, ScoredModel model)
        {
            var value = metric.Evaluate(sliceLabels, model.Scores, model.Threshold);
            return double.IsNaN(value) ? null : value;
        }
    }

    /// <summary>The rows of each value of a slicing column, largest slice first.</summary>
    /// <exception cref="LearningException"><c>length-mismatch</c>.</exception>
    internal static IEnumerable<(int Code, List<int> Rows)> Of(CategoryColumn column, int rowCount) =>
        column.Count == rowCount
            ? RowsByCode(column.Codes)
            : throw new LearningException(
                "length-mismatch", $"The slicing column '{column.Name}' has {column.Count} rows, but {rowCount} rows are judged.");

    /// <summary>Whether there are enough rows to test a slice of these labels.</summary>
    internal static bool IsLarge(double[] labels, LearningTask task) =>
        labels.Length >= MinimumRows
        && (task == LearningTask.Regression
            ? Array.Exists(labels, label => label != labels[0])
            : labels.Length - labels.CountBy(label => label).Max(ofClass => ofClass.Value) >= MinimumRarerClass);

    /// <summary>The value that the rows of a slice share.</summary>
    internal static string ValueOf(CategoryColumn column, int code) => code == CategoryColumn.MissingCode ? MissingValue : column.Categories[code];

    private static ImmutableArray<SliceResult> Corrected(List<SliceResult> results, double margin)
    {
        var tested = results.FindAll(result => result.Difference is not null);
        var adjusted = MultipleTests.Holm(tested.ConvertAll(result => WorsePValue(result.Difference!, margin)).ToArray());
        var next = 0;
        return
        [
            .. results.Select(result =>
            {
                if (result.Difference is null)
                {
                    return result;
                }

                var pValue = adjusted[next++];
                return result with { PValue = pValue, Finding = pValue <= Alpha ? SliceFinding.ShownWorse : SliceFinding.NotShownWorse };
            }),
        ];
    }

    private static double WorsePValue(PairedDifference difference, double margin)
    {
        var excess = difference.Delta + (2 * margin);
        return difference.StandardError > 0
            ? Distributions.NormalCdf(excess / difference.StandardError)
            : excess < 0 ? 0 : 1;
    }

    private static IEnumerable<(int Code, List<int> Rows)> RowsByCode(ReadOnlySpan<int> codes)
    {
        var slices = new Dictionary<int, List<int>>();
        for (var row = 0; row < codes.Length; row++)
        {
            if (!slices.TryGetValue(codes[row], out var rows))
            {
                slices.Add(codes[row], rows = []);
            }

            rows.Add(row);
        }

        return slices.Select(slice => (slice.Key, slice.Value)).OrderByDescending(slice => slice.Value.Count).ThenBy(slice => slice.Key);
    }

    /// <summary>What belongs to some rows, of values of which each row has equally many.</summary>
    private static double[] Pick(double[] values, List<int> rows, int rowCount)
    {
        var width = values.Length / rowCount;
        var picked = new double[rows.Count * width];
        foreach (var (place, row) in rows.Index())
        {
            values.AsSpan(row * width, width).CopyTo(picked.AsSpan(place * width));
        }

        return picked;
    }
}
