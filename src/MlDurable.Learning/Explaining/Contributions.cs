using System.Collections.Immutable;

namespace MlDurable.Learning.Explaining;

/// <summary>What each column adds to the score of each row, before any calibration: the base value plus what all columns add is the score.</summary>
/// <param name="BaseValue">The mean score over the training rows.</param>
/// <param name="Columns">The columns that the model reads.</param>
/// <param name="Values">For each of <paramref name="Columns"/> one number per row.</param>
public sealed record Contributions(double BaseValue, ImmutableArray<string> Columns, double[][] Values)
{
    /// <summary>What scores, and what adds up to them, are. Default: log-odds.</summary>
    public ScoreUnit Unit { get; init; }

    /// <summary>The score of a row.</summary>
    /// <param name="row">The row.</param>
    public double Score(int row) => BaseValue + Values.Sum(column => column[row]);

    /// <summary>How far each column pushes a row on average, whichever way.</summary>
    /// <returns>The columns, the strongest first; equal ones in ordinal order of their names. Without rows every mean is 0.</returns>
    public ImmutableArray<MeanContribution> Means() =>
    [
        .. Columns
            .Zip(Values, (column, values) => new MeanContribution(column, values.Length == 0 ? 0 : values.Average(Math.Abs)))
            .OrderByDescending(mean => mean.MeanAbsolute)
            .ThenBy(mean => mean.Column, StringComparer.Ordinal),
    ];

    /// <summary>The reasons for the score of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="most">The most reasons, at least 1.</param>
    /// <param name="valueOf">The row's cell of a column, as text.</param>
    internal Explanation Explain(int row, int most, Func<string, string?> valueOf)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var ordered = Columns
            .Zip(Values, (column, values) => (Column: column, Contribution: values[row]))
            .Where(pair => pair.Contribution != 0)
            .OrderByDescending(pair => Math.Abs(pair.Contribution))
            .ThenBy(pair => pair.Column, StringComparer.Ordinal)
            .ToArray();
        return new Explanation(
            BaseValue,
            Score(row),
            [.. ordered.Take(most).Select(pair => new Reason(pair.Column, valueOf(pair.Column), pair.Contribution))],
            ordered.Skip(most).Sum(pair => pair.Contribution))
        {
            Unit = Unit,
        };
    }
}

/// <summary>How far a column pushes the score of a row on average.</summary>
/// <param name="Column">The column of the data.</param>
/// <param name="MeanAbsolute">The mean of the absolute contributions.</param>
public sealed record MeanContribution(string Column, double MeanAbsolute);
