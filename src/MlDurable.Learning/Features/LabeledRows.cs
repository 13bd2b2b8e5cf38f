using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>Feature rows with their labels.</summary>
/// <param name="Features">The feature columns; columns whose names begin with @ are no features.</param>
/// <param name="Labels">1 (positive) or 0 (negative) for each row.</param>
public sealed record LabeledRows(Table Features, double[] Labels)
{
    /// <summary>Takes the rows that have a label from a table that <see cref="RowFeatures.Build"/> made.</summary>
    /// <param name="built">A table with the column <c>@label</c>.</param>
    /// <returns>The features, without the columns whose names begin with @, and the labels.</returns>
    /// <exception cref="LearningException"><c>unknown-column</c>: there is no column <c>@label</c>.</exception>
    public static LabeledRows From(Table built)
    {
        var labels = ((NumberColumn)built[RowFeatures.LabelColumn]).Values.ToArray();
        int[] rows = [.. Enumerable.Range(0, labels.Length).Where(row => !double.IsNaN(labels[row]))];
        var features = new Table([.. built.Columns.Where(column => !column.Name.StartsWith('@'))]);
        return rows.Length == labels.Length
            ? new LabeledRows(features, labels)
            : new LabeledRows(features.Take(rows), [.. rows.Select(row => labels[row])]);
    }
}
