using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>The cells of one raw row, as the features of a model. Made by <see cref="RowScorer.NewRow"/>; for one caller at a time.</summary>
/// <remarks>Cells of columns that the model does not need are taken and forgotten, whatever they are.</remarks>
public sealed class ScoringRow
{
    private static readonly MissingTexts Missing = new(new CsvOptions().MissingTexts);

    private readonly RowScorer scorer;
    private readonly FeatureRow features;
    private readonly bool[] isSet;
    private readonly string?[]? cells;

    internal ScoringRow(RowScorer scorer, bool keepsCells)
    {
        this.scorer = scorer;
        features = new FeatureRow(scorer.Model.Features);
        isSet = new bool[scorer.Columns.Length];
        cells = keepsCells ? new string?[scorer.Columns.Length] : null;
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
        cells?[column] = null;
        scorer.Inputs[column]?.SetMissing(features);
    }

    /// <summary>Sets a cell from the text that a CSV file would hold, read as <see cref="CsvTable"/> does; a text that means "no value" is a missing cell.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="cell">The text: valid UTF-8, without CSV quotes.</param>
    /// <returns>False when the text is not of the column's kind; the cell is then as it was.</returns>
    public bool TrySetCell(int column, ReadOnlySpan<byte> cell)
    {
        if (scorer.Inputs[column] is { } input)
        {
            var isMissing = Missing.Contains(cell);
            if (isMissing)
            {
                input.SetMissing(features);
            }
            else if (!input.TrySet(cell, features))
            {
                return false;
            }

            cells?[column] = isMissing ? null : CellText.ToText(cell);
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

        Input<NumberInput>(column, ColumnKind.Number)?.Set(value, features);
        cells?[column] = double.IsNaN(value) ? null : CellText.ToText(value);
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
            var isMissing = Missing.Contains(text);
            if (isMissing)
            {
                input.SetMissing(features);
            }
            else
            {
                input.Set(text, features);
            }

            cells?[column] = isMissing ? null : text.ToString();
        }

        isSet[column] = true;
    }

    /// <summary>Sets a cell of a time column.</summary>
    /// <param name="column">The place of the column among <see cref="RowScorer.Columns"/>.</param>
    /// <param name="time">The instant.</param>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: the column is no time column.</exception>
    public void SetTime(int column, DateTimeOffset time)
    {
        Input<TimeInput>(column, ColumnKind.Time)?.Set(time.UtcTicks, features);
        cells?[column] = CellText.ToText(time.UtcDateTime);
        isSet[column] = true;
    }

    /// <summary>What the model says about the row, of a model that predicts one number: a probability, or a number.</summary>
    /// <returns>As <see cref="TrainedModel.Predict"/> gives it; never missing.</returns>
    /// <exception cref="LearningException"><c>signature-mismatch</c>: a column that the model needs is not set; the message names all of
    /// them.</exception>
    /// <exception cref="InvalidOperationException">The model predicts several numbers.</exception>
    public double Predict()
    {
        if (scorer.Scores.Length > 1)
        {
            throw new InvalidOperationException("The model predicts a probability for each class: give the row something to write them to.");
        }

        Complete();
        return scorer.Model.ToOutput(Score(0));
    }

    /// <summary>What the model says about the row.</summary>
    /// <param name="outputs">What is written to: as many numbers as <see cref="Target.OutputCount"/> of the model's target.</param>
    /// <exception cref="LearningException">As <see cref="Predict()"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="outputs"/> has another length.</exception>
    public void Predict(Span<double> outputs)
    {
        if (outputs.Length != scorer.Scores.Length)
        {
            throw new ArgumentException($"There is place for {outputs.Length} numbers, and the model predicts {scorer.Scores.Length}.", nameof(outputs));
        }

        Complete();
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = Score(i);
        }

        scorer.Model.ToOutputs(outputs);
    }

    /// <summary>Why the row gets its score: the columns that push it most, each with its cell as it was given.</summary>
    /// <param name="explainer">Made of the same model and schema as the row's <see cref="RowScorer"/>.</param>
    /// <param name="most">The most columns, at least 1.</param>
    /// <exception cref="LearningException">As <see cref="Predict()"/>.</exception>
    /// <exception cref="InvalidOperationException">The row was made without keeping its cells.</exception>
    public Explanation Explain(ModelExplainer explainer, int most)
    {
        Complete();
        var kept = cells ?? throw new InvalidOperationException("The row keeps no cells.");
        return explainer.Contributions(features.ToMatrix(), CancellationToken.None).Explain(0, most, column => kept[scorer.Find(column)]);
    }

    private double Score(int output) =>
        scorer.Model.Scorers[output].AddTexts(scorer.Scores[output](features.Dense, features.Hot), features.Texts);

    private void Complete()
    {
        for (var column = 0; column < isSet.Length; column++)
        {
            if (!isSet[column] && scorer.Inputs[column] is not null)
            {
                throw new LearningException("signature-mismatch", $"The row lacks {MissingColumns()}.");
            }
        }

        scorer.Model.Features.Complete(features.Dense);
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
