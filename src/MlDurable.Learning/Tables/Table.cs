using System.Diagnostics.CodeAnalysis;

namespace MlDurable.Learning.Tables;

/// <summary>Columns of equal length with different names. Immutable, so safe for concurrent use.</summary>
public sealed class Table
{
    private readonly Dictionary<string, Column> byName;
    private readonly Column[] columns;

    /// <summary>Makes a table.</summary>
    /// <param name="columns">The columns in order; with none, the table has no rows.</param>
    /// <exception cref="LearningException"><c>invalid-table</c>: two columns have the same name, or different numbers of rows.</exception>
    public Table(params IReadOnlyList<Column> columns)
    {
        this.columns = [.. columns];
        byName = new Dictionary<string, Column>(columns.Count, StringComparer.Ordinal);
        RowCount = columns.Count == 0 ? 0 : columns[0].Count;
        foreach (var column in this.columns)
        {
            if (!byName.TryAdd(column.Name, column))
            {
                throw new LearningException("invalid-table", $"Two columns are called '{column.Name}'. Column names must differ.");
            }

            if (column.Count != RowCount)
            {
                throw new LearningException(
                    "invalid-table", $"Column '{column.Name}' has {column.Count} rows, but '{columns[0].Name}' has {RowCount}.");
            }
        }
    }

    /// <summary>The columns, in order.</summary>
    public IReadOnlyList<Column> Columns => columns;

    /// <summary>The number of rows of every column.</summary>
    public int RowCount { get; }

    /// <summary>The names and kinds of the columns.</summary>
    public TableSchema Schema => new([.. columns.Select(column => new ColumnSchema(column.Name, column.Kind))]);

    /// <summary>The column of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <exception cref="LearningException"><c>unknown-column</c>: there is none of that name; the message gives the nearest.</exception>
    [SuppressMessage("Design", "CA1065", Justification = "The coded exception of the library, like every other wrong name.")]
    public Column this[string name] =>
        byName.TryGetValue(name, out var column)
            ? column
            : throw new LearningException("unknown-column", $"There is no column '{name}'.{NearestName.Hint(name, byName.Keys)}");

    /// <summary>Finds the column of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <param name="column">The column, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out Column? column) => byName.TryGetValue(name, out column);

    /// <summary>A table of the given rows, in the given order; a row may be taken more than once.</summary>
    /// <param name="rows">Row indices, each in [0, <see cref="RowCount"/>).</param>
    /// <returns>A new table with the same columns.</returns>
    /// <exception cref="IndexOutOfRangeException">A row index is outside the table.</exception>
    public Table Take(ReadOnlySpan<int> rows)
    {
        var taken = new Column[columns.Length];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = columns[i].Take(rows);
        }

        return new Table(taken);
    }

    /// <summary>A table of the named columns, in the given order.</summary>
    /// <param name="names">Different names of columns.</param>
    /// <returns>A table that shares the columns.</returns>
    /// <exception cref="LearningException"><c>unknown-column</c>: there is none of a name.</exception>
    public Table Select(IEnumerable<string> names) => new([.. names.Select(name => this[name])]);

    /// <summary>A table of all columns but the named ones; a name that is not there is ignored.</summary>
    /// <param name="names">Names of columns.</param>
    /// <returns>A table that shares the columns.</returns>
    public Table Without(params IEnumerable<string> names)
    {
        var left = names.ToHashSet(StringComparer.Ordinal);
        return new Table([.. columns.Where(column => !left.Contains(column.Name))]);
    }

    /// <summary>The rows of several tables one below the other. Dictionaries of categories are merged in first-seen order.</summary>
    /// <param name="tables">Tables with the same columns (names and kinds), in any order of columns; at least one.</param>
    /// <returns>A table with the columns in the order of the first table.</returns>
    /// <exception cref="LearningException"><c>schema-mismatch</c>: a table lacks a column of another, or has it with another
    /// kind.</exception>
    public static Table Concat(IReadOnlyList<Table> tables)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tables.Count);
        if (tables.Count == 1)
        {
            return tables[0];
        }

        var first = tables[0];
        for (var i = 1; i < tables.Count; i++)
        {
            RequireSameColumns(first, tables[i], i);
        }

        return new Table([.. first.columns.Select(column => Concat(column, [.. tables.Select(table => table.byName[column.Name])]))]);
    }

    private static void RequireSameColumns(Table first, Table other, int index)
    {
        foreach (var column in first.columns)
        {
            if (!other.byName.TryGetValue(column.Name, out var found))
            {
                throw new LearningException("schema-mismatch", $"Table {index + 1} of those to join has no column '{column.Name}'.");
            }

            if (found.Kind != column.Kind)
            {
                throw new LearningException(
                    "schema-mismatch",
                    $"Column '{column.Name}' is {column.Kind} in the first table to join, but {found.Kind} in table {index + 1}. Read both with one schema.");
            }
        }

        if (other.columns.Length > first.columns.Length)
        {
            var extra = other.columns.First(column => !first.byName.ContainsKey(column.Name));
            throw new LearningException(
                "schema-mismatch",
                $"Table {index + 1} of those to join has the column '{extra.Name}', which the first lacks.");
        }
    }

    private static Column Concat(Column first, Column[] parts) => first.Kind switch
    {
        ColumnKind.Number => new NumberColumn(first.Name, Join(parts, part => ((NumberColumn)part).Values)),
        ColumnKind.Time => new TimeColumn(first.Name, Join(parts, part => ((TimeColumn)part).Ticks)),
        _ => ConcatCategories(first.Name, parts),
    };

    private static T[] Join<T>(Column[] parts, Func<Column, ReadOnlySpan<T>> cells)
    {
        var joined = new T[parts.Sum(part => part.Count)];
        var at = 0;
        foreach (var part in parts)
        {
            cells(part).CopyTo(joined.AsSpan(at));
            at += part.Count;
        }

        return joined;
    }

    private static CategoryColumn ConcatCategories(string name, Column[] parts)
    {
        var codes = Join(parts, part => ((CategoryColumn)part).Codes);
        var categories = new List<string>();
        var lookup = new Dictionary<string, int>(StringComparer.Ordinal);
        var at = 0;
        foreach (var part in parts.Cast<CategoryColumn>())
        {
            var newCodes = new int[part.Categories.Count];
            for (var code = 0; code < newCodes.Length; code++)
            {
                if (!lookup.TryGetValue(part.Categories[code], out newCodes[code]))
                {
                    newCodes[code] = categories.Count;
                    lookup.Add(part.Categories[code], categories.Count);
                    categories.Add(part.Categories[code]);
                }
            }

            foreach (ref var code in codes.AsSpan(at, part.Count))
            {
                code = code == CategoryColumn.MissingCode ? code : newCodes[code];
            }

            at += part.Count;
        }

        return new CategoryColumn(name, codes, categories);
    }
}
