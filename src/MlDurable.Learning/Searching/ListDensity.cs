using System.Collections.Immutable;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>The <see cref="Density"/> of values without an order: a kernel lies on its own value, and a little on the others.</summary>
internal sealed class ListDensity : Density
{
    private readonly ImmutableArray<double> values;
    private readonly double[] probabilities;

    public ListDensity(ImmutableArray<double> values, IReadOnlyList<double> observations)
    {
        this.values = values;
        probabilities = new double[values.Length];
        var weights = Weights(observations.Count);
        var prior = 1.0 / weights.Length;
        for (var kernel = 0; kernel < weights.Length; kernel++)
        {
            var own = kernel < observations.Count ? values.IndexOf(observations[kernel]) : -1;
            var sum = (values.Length * prior) + (own < 0 ? 0 : 1);
            for (var index = 0; index < probabilities.Length; index++)
            {
                probabilities[index] += weights[kernel] * (prior + (index == own ? 1 : 0)) / sum;
            }
        }
    }

    public override double At(double value) => probabilities[values.IndexOf(value)];

    public override double Draw(SplitMix64 random) => values[Draw(probabilities, random)];
}
