namespace MlDurable.Learning.Tables;

/// <summary>A column of finite numbers; <see cref="double.NaN"/> is a missing cell.</summary>
public sealed class NumberColumn : Column
{
    private readonly double[] values;

    /// <summary>Makes a column of the given numbers.</summary>
    /// <param name="name">The name; not empty.</param>
    /// <param name="values">The numbers; not copied: do not change the array afterwards.</param>
    /// <exception cref="LearningException"><c>infinite-number</c>: a value is infinite. Nothing downstream could compute with
    /// it.</exception>
    public NumberColumn(string name, double[] values)
        : this(name, values, CountMissing(name, values))
    {
    }

    private NumberColumn(string name, double[] values, int missingCount)
        : base(name, values.Length, missingCount) => this.values = values;

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Number;

    /// <summary>The numbers, one per row; <see cref="double.NaN"/> where missing, never infinite.</summary>
    public ReadOnlySpan<double> Values => values;

    /// <summary>The same, for who never writes to them.</summary>
    internal double[] Cells => values;

    /// <summary>The numbers that are not missing, in the order of their rows.</summary>
    internal double[] Present() => MissingCount == 0 ? [.. values] : Array.FindAll(values, value => !double.IsNaN(value));

    /// <inheritdoc/>
    public override NumberColumn Take(ReadOnlySpan<int> rows)
    {
        var taken = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            taken[i] = values[rows[i]];
        }

        return new NumberColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override NumberColumn Rename(string name) => new(name, values, MissingCount);

    private static int CountMissing(string name, double[] values)
    {
        var missing = 0;
        for (var row = 0; row < values.Length; row++)
        {
            if (double.IsNaN(values[row]))
            {
                missing++;
            }
            else if (double.IsInfinity(values[row]))
            {
                throw new LearningException(
                    "infinite-number",
                    $"Column '{name}' holds an infinite number in row {row + 1}. Replace it by a finite number, or leave the cell empty.");
            }
        }

        return missing;
    }
}
