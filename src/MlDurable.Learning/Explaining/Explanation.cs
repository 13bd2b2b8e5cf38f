using System.Collections.Immutable;

namespace MlDurable.Learning.Explaining;

/// <summary>Why a model gives one row its score: <see cref="BaseValue"/> plus what each column adds is the score.</summary>
/// <param name="BaseValue">The mean score over the training rows: where every row starts from.</param>
/// <param name="Score">The row's score: its probability p, or the log-odds ln(p / (1 - p)), or its number or the logarithm of that, as the unit says; before any calibration of the model.</param>
/// <param name="Reasons">The columns that push the score most, the strongest first; equal ones in ordinal order of their names. Columns that
/// add nothing are left out.</param>
/// <param name="Others">What all other columns add together.</param>
public sealed record Explanation(double BaseValue, double Score, ImmutableArray<Reason> Reasons, double Others)
{
    /// <summary>What the score, and all that adds up to it, is. Default: log-odds.</summary>
    public ScoreUnit Unit { get; init; }
}

/// <summary>What a column adds to the score of one row.</summary>
/// <param name="Column">The column of the data.</param>
/// <param name="Value">Its cell, as text; <see langword="null"/> where missing.</param>
/// <param name="Contribution">What it adds; not 0. It is the sum of the Shapley values of the features made from the column.</param>
public sealed record Reason(string Column, string? Value, double Contribution)
{
    /// <summary>Which way it pushes.</summary>
    public Direction Direction => Contribution > 0 ? Direction.Raises : Direction.Lowers;
}

/// <summary>What the score of a row is: the sum that a model's parts add up to.</summary>
public enum ScoreUnit
{
    /// <summary>ln(p / (1 - p)) for the probability p.</summary>
    LogOdds,

    /// <summary>The probability itself, of models that average probabilities.</summary>
    Probability,

    /// <summary>The predicted number itself.</summary>
    Number,

    /// <summary>The logarithm of the predicted number, of models whose predictions are above 0.</summary>
    Logarithm,
}

/// <summary>Which way a column pushes the score of a row.</summary>
public enum Direction
{
    /// <summary>Towards positive, or a greater number.</summary>
    Raises,

    /// <summary>Towards negative, or a lesser number.</summary>
    Lowers,
}
