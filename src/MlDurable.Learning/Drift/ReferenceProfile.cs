using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>
/// What later rows are compared with: a few kilobytes per column instead of the reference rows. JSON by
/// <see cref="DriftJsonContext"/>.
/// </summary>
public sealed record ReferenceProfile
{
    /// <summary>The number of rows of the reference, at least 1.</summary>
    public required int Rows { get; init; }

    /// <summary>The number and category columns, in the order of the table. Time columns always move on, and are not profiled.</summary>
    public required ImmutableArray<ColumnProfile> Columns { get; init; }

    /// <summary>Profiles a table.</summary>
    /// <param name="table">The reference rows, with the columns to watch.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="LearningException">Code <c>no-rows</c>: an empty table is no reference.</exception>
    public static ReferenceProfile From(Table table)
    {
        if (table.RowCount == 0)
        {
            throw new LearningException("no-rows", "A reference profile needs at least one row, but the table is empty.");
        }

        return new ReferenceProfile
        {
            Rows = table.RowCount,
            Columns =
            [
                .. table.Columns.Where(column => column.Kind != ColumnKind.Time).Select(column => new ColumnProfile
                {
                    Name = column.Name,
                    Kind = column.Kind,
                    Missing = column.MissingCount,
                    Number = column is NumberColumn { IsAllMissing: false } number ? NumberProfile.From(number) : null,
                    Category = column is CategoryColumn { IsAllMissing: false } category ? CategoryProfile.From(category) : null,
                }),
            ],
        };
    }
}
