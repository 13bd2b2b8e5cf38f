namespace MlDurable.Pipelines.Serving;

/// <summary>A version that is ready to predict, as one request sees it from beginning to end. Immutable.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Selector">The alias or the version number that was asked for.</param>
/// <param name="Predictor">The version, loaded.</param>
/// <param name="ConfirmedAt">When the registry last said that <paramref name="Selector"/> is this version, in UTC.</param>
/// <param name="StaleReason">Why the last look at the registry gave no newer answer: the version is the last good one, and another may be meant by
/// now. Null when the last look succeeded.</param>
public sealed record ServedModel(string Model, string Selector, Predictor Predictor, DateTimeOffset ConfirmedAt, string? StaleReason)
{
    /// <summary>The version's number.</summary>
    public int Version => Predictor.Version.Number;
}
