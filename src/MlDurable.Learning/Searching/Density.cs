using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>How likely each value of a hyperparameter is among some that were observed: a Parzen estimator.</summary>
/// <remarks>
/// Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011, in the variant and with the constants of the
/// univariate estimator of Optuna 4.8 (<c>TPESampler</c>): a kernel for each observation, and one for the prior, which weighs as much as an observation.
/// </remarks>
internal abstract class Density
{
    /// <summary>The latest observations, which weigh alike; those before weigh the less, the older they are.</summary>
    private const int Recent = 25;

    /// <summary>The density at a value; above zero for each that the hyperparameter may have.</summary>
    public abstract double At(double value);

    /// <summary>A value of the density.</summary>
    public abstract double Draw(SplitMix64 random);

    /// <summary>The weights of observations, oldest first, and of the prior, which comes last; their sum is 1.</summary>
    protected static double[] Weights(int observations)
    {
        var weights = new double[observations + 1];
        var old = observations - Recent;
        var least = 1.0 / observations;
        var sum = 0.0;
        for (var index = 0; index < weights.Length; index++)
        {
            weights[index] = index >= old ? 1 : old == 1 ? least : least + ((1 - least) * index / (old - 1));
            sum += weights[index];
        }

        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>The place that is as likely as its weight.</summary>
    protected static int Draw(double[] weights, SplitMix64 random)
    {
        var rest = random.NextUniform();
        for (var index = 0; index < weights.Length - 1; index++)
        {
            rest -= weights[index];
            if (rest < 0)
            {
                return index;
            }
        }

        return weights.Length - 1;
    }
}
