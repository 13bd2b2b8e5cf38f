using System.Collections.Immutable;
using System.Globalization;

namespace MlDurable.Learning.Searching;

/// <summary>One candidate of a <see cref="SearchSpace"/>. Equal to another of the same trainer and values.</summary>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="Hyperparameters">A value for each hyperparameter of its space.</param>
public sealed record SearchPoint(string Trainer, ImmutableSortedDictionary<string, double> Hyperparameters)
{
    /// <inheritdoc/>
    public bool Equals(SearchPoint? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The candidate in one line, equal for equal candidates alone: <c>gradient-boosting leaves=8 trees=100</c>.</summary>
    public override string ToString() => Hyperparameters.Aggregate(
        Trainer, static (text, pair) => string.Create(CultureInfo.InvariantCulture, $"{text} {pair.Key}={pair.Value:R}"));
}
