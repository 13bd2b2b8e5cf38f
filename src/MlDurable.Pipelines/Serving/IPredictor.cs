namespace MlDurable.Pipelines.Serving;

/// <summary>Scores objects with a model that is kept ready and follows its alias. Safe for concurrent use.</summary>
/// <typeparam name="TIn">
/// A row: each public property is the column of its name, or of that in its <see cref="System.Text.Json.Serialization.JsonPropertyNameAttribute"/>.
/// Numbers and truth values (1 and 0) suit number columns; texts, enums and truth values (<c>true</c> and <c>false</c>) suit category columns;
/// <see cref="DateTimeOffset"/>, <see cref="DateTime"/> (UTC unless it says otherwise) and <see cref="DateOnly"/> suit time columns. Null is a missing value.
/// </typeparam>
/// <typeparam name="TOut">What a prediction becomes: a type whose constructor parameters or settable properties are called as properties of
/// <see cref="Prediction"/> are, or that record itself.</typeparam>
public interface IPredictor<in TIn, TOut>
{
    /// <summary>Scores a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="cancellationToken">Stops waiting for a model that is not in memory yet.</param>
    /// <exception cref="PipelineException"><c>predictor-mismatch</c>: the model needs a column that <typeparamref name="TIn"/> does not have, or has with
    /// another type; or as <see cref="ServedModels.GetAsync"/>.</exception>
    ValueTask<TOut> PredictAsync(TIn row, CancellationToken cancellationToken = default);

    /// <summary>Scores rows, all with the same version.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Stops waiting for a model that is not in memory yet.</param>
    /// <returns>One prediction for each row, in their order.</returns>
    ValueTask<IReadOnlyList<TOut>> PredictAsync(IEnumerable<TIn> rows, CancellationToken cancellationToken = default);
}

/// <summary>What a model says about a row.</summary>
/// <param name="Probability">The probability of the positive class, from 0 to 1; of several classes that of <see cref="Class"/>; of numbers not a number.</param>
/// <param name="Decision">Whether the probability of the positive class is at or above the threshold; false where there is no such class.</param>
/// <param name="Threshold">The model's threshold; not a number where there is none.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that predicted.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="Stale">Whether the registry could not be asked lately, so that another version may be meant by now.</param>
public sealed record Prediction(double Probability, bool Decision, double Threshold, string Model, int Version, string ModelHash, bool Stale)
{
    /// <summary>The most probable class; null unless there are several.</summary>
    public string? Class { get; init; }

    /// <summary>The probability of each class; null unless there are several.</summary>
    public IReadOnlyDictionary<string, double>? Probabilities { get; init; }

    /// <summary>The predicted number; null unless numbers are predicted.</summary>
    public double? Value { get; init; }
}
