using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Forecasting;

/// <summary>Series with the same step. Immutable.</summary>
/// <param name="Step">How far apart their values are.</param>
/// <param name="Series">The series, at least one, in ordinal order of their names.</param>
public sealed record TimeSeriesSet(TimeStep Step, ImmutableArray<TimeSeries> Series)
{
    /// <summary>The name of the series of a table that has only one.</summary>
    public const string OnlyName = "(all)";

    // A step too small for the data would fill the memory with gaps.
    private const long MaxLength = 10_000_000;

    /// <summary>The step after the last value of all.</summary>
    public long End => Series.Max(series => series.End);

    /// <summary>Makes series of a table's rows, in any order.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="time">The time column. A row's value is that of the step that its time lies in.</param>
    /// <param name="value">The number column; rows without a number are left out.</param>
    /// <param name="step">How far apart the values are.</param>
    /// <param name="series">The category column that tells which series a row is of; <see langword="null"/> (the default) for one series.</param>
    /// <exception cref="LearningException">
    /// <c>unknown-column</c>; <c>time-column-kind</c>, <c>value-column-kind</c>, <c>series-column-kind</c>: a column is of another kind;
    /// <c>time-missing</c>, <c>series-missing</c>: a row has no time, or no series; <c>duplicate-time</c>: two rows of a series are of the same step;
    /// <c>series-too-long</c>: from the first value of a series to its last there are more than 10,000,000 steps; <c>no-rows</c>: no row has a number.
    /// </exception>
    public static TimeSeriesSet From(Table table, string time, string value, TimeStep step, string? series = null)
    {
        var times = table[time] as TimeColumn ?? throw WrongKind("time", table[time], "times");
        var values = table[value] as NumberColumn ?? throw WrongKind("value", table[value], "numbers");
        var names = series is null ? null : table[series] as CategoryColumn ?? throw WrongKind("series", table[series], "texts");
        var found = new SortedDictionary<string, SortedDictionary<long, double>>(StringComparer.Ordinal);
        for (var row = 0; row < table.RowCount; row++)
        {
            if (double.IsNaN(values.Values[row]))
            {
                continue;
            }

            var instant = times.At(row) ?? throw Missing("time", row, time);
            var name = names is null ? OnlyName : names.TextAt(row) ?? throw Missing("series", row, series!);
            if (!found.TryGetValue(name, out var steps))
            {
                found.Add(name, steps = []);
            }

            if (!steps.TryAdd(step.IndexOf(instant), values.Values[row]))
            {
                throw new LearningException(
                    "duplicate-time",
                    $"Row {row + 1} of the series '{name}' is of the same {step.ToString().ToLowerInvariant()} as another: {instant:yyyy-MM-ddTHH:mm:ssZ}. "
                    + "Add such rows up, choose a smaller step, or name the column that tells the series apart.");
            }
        }

        return found.Count > 0
            ? new TimeSeriesSet(step, [.. found.Select(pair => Of(pair.Key, pair.Value))])
            : throw new LearningException("no-rows", $"No row has a number in '{value}'. Check the column.");
    }

    /// <summary>What was known at a step.</summary>
    /// <param name="end">The first step that is left out.</param>
    internal TimeSeriesSet Before(long end) => this with { Series = [.. Series.Select(series => series.Before(end)).OfType<TimeSeries>()] };

    private static TimeSeries Of(string name, SortedDictionary<long, double> steps)
    {
        var first = steps.Keys.First();
        var length = steps.Keys.Last() - first + 1;
        if (length > MaxLength)
        {
            throw new LearningException(
                "series-too-long", $"The series '{name}' spans {length:N0} steps; at most {MaxLength:N0} are taken. Choose a greater step, or check its times.");
        }

        var values = new double[length];
        Array.Fill(values, double.NaN);
        foreach (var (step, value) in steps)
        {
            values[step - first] = value;
        }

        return new TimeSeries(name, first, [.. values]);
    }

    private static LearningException WrongKind(string what, Column column, string expected) => new(
        $"{what}-column-kind", $"The {what} column '{column.Name}' is {column.Kind}. It must hold {expected}.");

    private static LearningException Missing(string what, int row, string column) => new(
        $"{what}-missing", $"Row {row + 1} has a value, but nothing in the {what} column '{column}'. Fill it in, or leave the row out.");
}
