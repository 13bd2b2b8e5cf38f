using System.Collections.Immutable;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>How dependence is computed.</summary>
public sealed record DependenceOptions
{
    /// <summary>The most values of the column that are tried, without the missing one; 2 to 1,000. Default 20.</summary>
    public int GridPoints { get; init; } = 20;

    /// <summary>The most reference rows that the mean is taken over, at least 1; of more, as many are drawn. Default 1,000.</summary>
    public int MaxRows { get; init; } = 1000;

    /// <summary>Of how many of those rows the lines are kept, the first ones; at least 0. Default 0.</summary>
    public int Lines { get; init; }

    /// <summary>The seed of the draw. Default 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What a model predicts, on average over the reference rows, were all of them to have one value in a column.</summary>
/// <param name="Number">The value of a number column, in its own unit.</param>
/// <param name="Category">The value of a category column. With <paramref name="Number"/> also <see langword="null"/>, the value is missing.</param>
/// <param name="Mean">The mean prediction.</param>
public sealed record DependencePoint(double? Number, string? Category, double Mean);

/// <summary>How a prediction depends on one column.</summary>
/// <param name="Column">The feature column.</param>
/// <param name="Points">Numbers ascending, categories from the most frequent to the rarest; then the missing value, if a reference row lacks one.</param>
/// <param name="Lines">For some reference rows what each point gives for that row alone: individual conditional expectations (Goldstein and
/// others, "Peeking inside the black box", 2015).</param>
public sealed record DependenceCurve(string Column, ImmutableArray<DependencePoint> Points, ImmutableArray<ImmutableArray<double>> Lines)
{
    /// <summary>The curve with every line, and the mean, moved so that its first point is 0: lines that are not parallel show that the column acts
    /// together with others.</summary>
    public DependenceCurve Centered() => this with
    {
        Points = [.. Points.Select(point => point with { Mean = point.Mean - Points[0].Mean })],
        Lines = [.. Lines.Select(line => line.Select(value => value - line[0]).ToImmutableArray())],
    };
}

/// <summary>
/// Partial dependence (Friedman, "Greedy function approximation", 2001, section 8.2). The same input gives the same curve. Where columns go
/// together it averages over rows that do not occur.
/// </summary>
public static class PartialDependence
{
    /// <summary>Computes the dependence on one column.</summary>
    /// <remarks>The grid of a number column is all its values when they are few enough, otherwise their quantiles in the middle of equally many
    /// shares (linear between order statistics); the grid of a category column its most frequent categories.</remarks>
    /// <param name="predict">The model: one prediction per row.</param>
    /// <param name="rows">The reference rows, with the columns that the model needs.</param>
    /// <param name="column">The name of a number or category column.</param>
    /// <param name="options">Grid and rows.</param>
    /// <param name="cancellationToken">Stops between two values.</param>
    /// <exception cref="LearningException"><c>no-rows</c>: there are no rows; <c>unknown-column</c>; <c>time-feature</c>: the column holds
    /// times.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static DependenceCurve Compute(
        Func<Table, double[]> predict, Table rows, string column, DependenceOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GridPoints, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.GridPoints, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Lines);
        if (rows.RowCount == 0)
        {
            throw new LearningException("no-rows", $"There are no rows to compute the dependence on '{column}' over.");
        }

        var values = Grid(rows[column], options.GridPoints);
        var reference = RowSample.Of(rows, options.MaxRows, options.Seed);
        var predictions = new List<double[]>();
        foreach (var value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var everywhere = value.Everywhere(reference.RowCount);
            predictions.Add(predict(new Table([.. reference.Columns.Select(other => other.Name == column ? everywhere : other)])));
        }

        return new DependenceCurve(
            column,
            [.. values.Zip(predictions, (value, predicted) => new DependencePoint(value.Number, value.Category, predicted.Average()))],
            [.. Enumerable.Range(0, Math.Min(options.Lines, reference.RowCount)).Select(row => predictions.Select(predicted => predicted[row]).ToImmutableArray())]);
    }

    private static List<GridValue> Grid(Column column, int most)
    {
        List<GridValue> values = column switch
        {
            NumberColumn numbers => [.. Numbers(numbers, most).Select(number => new GridValue(column, number, null))],
            CategoryColumn categories => [.. Categories(categories, most).Select(category => new GridValue(column, null, category))],
            _ => throw new LearningException(
                "time-feature", $"The column '{column.Name}' holds times, on which no prediction depends as such. Name a part of its dates."),
        };
        if (column.MissingCount > 0)
        {
            values.Add(new GridValue(column, null, null));
        }

        return values;
    }

    private static IEnumerable<double> Numbers(NumberColumn column, int most)
    {
        double[] sorted = [.. column.Values.ToArray().Where(value => !double.IsNaN(value)).Order()];
        double[] distinct = [.. sorted.Distinct().Take(most + 1)];
        return distinct.Length <= most
            ? distinct
            : Enumerable.Range(0, most).Select(i => Quantiles.Linear(sorted, (i + 0.5) / most)).Distinct();
    }

    private static IEnumerable<string> Categories(CategoryColumn column, int most) =>
        column.Codes.ToArray()
            .Where(code => code != CategoryColumn.MissingCode)
            .CountBy(code => code)
            .Select(count => (Text: column.Categories[count.Key], Rows: count.Value))
            .OrderByDescending(count => count.Rows)
            .ThenBy(count => count.Text, StringComparer.Ordinal)
            .Take(most)
            .Select(count => count.Text);

    private sealed record GridValue(Column Column, double? Number, string? Category)
    {
        public Column Everywhere(int rows)
        {
            if (Number is { } number)
            {
                var values = new double[rows];
                Array.Fill(values, number);
                return new NumberColumn(Column.Name, values);
            }

            return Category is null
                ? Column.AllMissing(Column.Name, Column.Kind, rows)
                : new CategoryColumn(Column.Name, new int[rows], [Category]);
        }
    }
}
