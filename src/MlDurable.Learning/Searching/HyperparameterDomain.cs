using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>What a search may set a hyperparameter to. Immutable, and so safe to share between threads.</summary>
public abstract record HyperparameterDomain
{
    private protected HyperparameterDomain()
    {
    }

    /// <summary>How many different values it has; of a range of fractions, as many as there are at least.</summary>
    public abstract double Count { get; }

    /// <summary>Whether a value is in it.</summary>
    /// <param name="value">The value.</param>
    public abstract bool Contains(double value);

    /// <summary>One of its values, each as likely as any other; in a logarithmic range, each order of magnitude.</summary>
    internal abstract double Draw(SplitMix64 random);

    /// <summary>How likely each of its values is, by those that were observed, oldest first.</summary>
    internal abstract Density Estimate(IReadOnlyList<double> observations);
}
