using System.Collections.Immutable;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>Some values, which need not have an order.</summary>
/// <param name="Values">The values, at least one, none twice.</param>
public sealed record ValueList(ImmutableArray<double> Values) : HyperparameterDomain
{
    /// <inheritdoc/>
    public override double Count => Values.Length;

    /// <inheritdoc/>
    public override bool Contains(double value) => Values.Contains(value);

    /// <summary>The values as a pipeline file has them: <c>8</c>, <c>[8, 31]</c>.</summary>
    public override string ToString() => Values is [var only] ? $"{only}" : $"[{string.Join(", ", Values)}]";

    internal override double Draw(SplitMix64 random) => Values[random.NextInt(Values.Length)];

    internal override Density Estimate(IReadOnlyList<double> observations) => new ListDensity(Values, observations);
}
