using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>The cells of one raw row, as the features of a model. Made by <see cref="RowScorer.NewRow"/>; for one caller at a time.</summary>
/// <remarks>Cells of columns that the model does not need are taken and forgotten, whatever they are.</remarks>
public sealed class ScoringRow
{
    private static readonly MissingTexts Missing = new(new CsvOptions().MissingTexts);

    private readonly RowScorer scorer;
    private readonly double[] dense;
    private readonly int[] hot;
    private readonly bool[] isSet;

    internal ScoringRow(RowScorer scorer)
    {
        this.scorer = scorer;
        var categories = scorer.Model.Features.Categories;
        var blocks = categories.Count(category => !category.Ordinal);
        dense = new double[scorer.Model.Features.Numbers.Length + categories.Length - blocks];
        hot = new int[blocks];
        isSet = new bool[scorer.Columns.Length];
    }

    /// <summary>Forgets all cells.</summary>
    public void Clear() => Array.Clear(isSet);

    /// <summary>Whether a cell was given since the row was made or cleared, missing or not.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    public bool IsSet(int column) => isSet[column];

    /// <summary>Sets a cell without a value.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    public void SetMissing(int column)
    {
        isSet[column] = true;
        scorer.Inputs[column]?.SetMissing(dense, hot);
    }

    /// <summary>Sets a cell from the text that a CSV file would hold, read as <see cref="CsvTable"/> does; a text that means "no value" is a missing cell.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="cell">The text: valid UTF-8, without CSV quotes.</param>
    /// <returns>False when the text is not of the column's kind; the cell is then as it was.</returns>
    public bool TrySetCell(int column, ReadOnlySpan<byte> cell)
    {
        if (scorer.Inputs[column] is { } input)
        {
            if (Missing.Contains(cell))
            {
                input.SetMissing(dense, hot);
            }
            else if (!input.TrySet(cell, dense, hot))
            {
                return false;
            }
        }

        isSet[column] = true;
        return true;
    }

    /// <summary>Sets a cell of a number column.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="value">The number; <see cref="double.NaN"/> for a missing cell.</param>
    /// <exception cref="LearningException"><c>infinite-number</c>; <c>signature-mismatch</c>: the column is no number column.</exception>
    public void SetNumber(int column, double value)
    {
        if (double.IsInfinity(value))
        {
            throw new LearningException(
                "infinite-number", $"Column '{scorer.Columns[column].Name}' is given an infinite number. Give a finite number, or none.");
        }

        Input<NumberInput>(column, ColumnKind.Number)?.Set(value, dense);
        isSet[column] = true;
    }

    /// <summary>Sets a cell of a category column. The texts that mean "no value" in a CSV file mean the same here.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="text">The category.</param>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: the column is no category column.</exception>
    public void SetText(int column, ReadOnlySpan<char> text)
    {
        if (Input<CategoryInput>(column, ColumnKind.Category) is { } input)
        {
            if (Missing.Contains(text))
            {
                input.SetMissing(dense, hot);
            }
            else
            {
                input.Set(text, dense, hot);
            }
        }

        isSet[column] = true;
    }

    /// <summary>Sets a cell of a time column.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="time">The instant.</param>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: the column is no time column.</exception>
    public void SetTime(int column, DateTimeOffset time)
    {
        Input<TimeInput>(column, ColumnKind.Time)?.Set(time.UtcTicks, dense);
        isSet[column] = true;
    }

    /// <summary>The probability that the row is positive.</summary>
    /// <returns>A number in [0, 1]; never missing.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column that the model needs is not set; the message names all of
    /// them.</exception>
    public double Probability()
    {
        for (var column = 0; column < isSet.Length; column++)
        {
            if (!isSet[column] && scorer.Inputs[column] is not null)
            {
                throw new LearningException("signature-mismatch", $"The row lacks {MissingColumns()}.");
            }
        }

        return Sigmoid.Probability(scorer.Model.Scorer.LogOdds(dense, hot));
    }

    private string MissingColumns() => string.Join(
        ", ",
        scorer.Columns.Where((column, place) => column.IsNeeded && !isSet[place]).Select(column => $"'{column.Name}' ({column.Kind.ToString().ToLowerInvariant()})"));

    private T? Input<T>(int column, ColumnKind kind)
        where T : RowInput
    {
        var found = scorer.Columns[column];
        return found.Kind == kind
            ? (T?)scorer.Inputs[column]
            : throw new LearningException("signature-mismatch", $"Column '{found.Name}' is {found.Kind}, but is given a cell of the kind {kind}.");
    }
}
