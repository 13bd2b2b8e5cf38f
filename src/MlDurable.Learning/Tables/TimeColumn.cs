namespace MlDurable.Learning.Tables;

/// <summary>A column of instants in UTC.</summary>
public sealed class TimeColumn : Column
{
    /// <summary>The ticks of a missing cell.</summary>
    public const long MissingTicks = long.MinValue;

    private readonly long[] ticks;

    /// <summary>Makes a column of the given instants.</summary>
    /// <param name="name">The name; not empty.</param>
    /// <param name="ticks">Ticks of 100 ns since 0001-01-01T00:00:00Z, or <see cref="MissingTicks"/>; not copied: do not change the array
    /// afterwards.</param>
    /// <exception cref="LearningException"><c>invalid-time</c>: a value is outside the years 1 to 9999.</exception>
    public TimeColumn(string name, long[] ticks)
        : this(name, ticks, CountMissing(name, ticks))
    {
    }

    private TimeColumn(string name, long[] ticks, int missingCount)
        : base(name, ticks.Length, missingCount) => this.ticks = ticks;

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Time;

    /// <summary>Ticks of 100 ns since 0001-01-01T00:00:00Z, one per row; <see cref="MissingTicks"/> where missing.</summary>
    public ReadOnlySpan<long> Ticks => ticks;

    /// <summary>The instant of a row.</summary>
    /// <param name="row">The row, in [0, <see cref="Column.Count"/>).</param>
    /// <returns>The instant in UTC, or <see langword="null"/> where missing.</returns>
    public DateTime? At(int row) => ticks[row] == MissingTicks ? null : new DateTime(ticks[row], DateTimeKind.Utc);

    /// <inheritdoc/>
    public override TimeColumn Take(ReadOnlySpan<int> rows)
    {
        var taken = new long[rows.Length];
        var missing = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            taken[i] = ticks[rows[i]];
            missing += taken[i] == MissingTicks ? 1 : 0;
        }

        return new TimeColumn(Name, taken, missing);
    }

    /// <inheritdoc/>
    public override TimeColumn Rename(string name) => new(name, ticks, MissingCount);

    private static int CountMissing(string name, long[] ticks)
    {
        var missing = 0;
        foreach (var tick in ticks)
        {
            if (tick == MissingTicks)
            {
                missing++;
            }
            else if ((ulong)tick > (ulong)DateTime.MaxValue.Ticks)
            {
                throw new LearningException("invalid-time", $"Column '{name}' has {tick} ticks, outside the years 1 to 9999.");
            }
        }

        return missing;
    }
}
