using MlDurable.Learning.Judging;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Judging;

/// <summary>Rows and models of known quality, from a seed.</summary>
internal sealed class Simulated
{
    private readonly SplitMix64 random;
    private readonly double[] signal;
    private double[]? shared;

    public Simulated(int rows, ulong seed, double positives = 0.4)
    {
        random = new SplitMix64(seed);
        Labels = new double[rows];
        signal = new double[rows];
        for (var row = 0; row < rows; row++)
        {
            Labels[row] = random.NextUniform() < positives ? 1 : 0;
            signal[row] = (1.2 * Labels[row]) + Normal();
        }
    }

    public double[] Labels { get; }

    /// <summary>A model that sees what every model sees, and noise of its own: the more noise the worse.</summary>
    public ScoredModel Model(double noise, double threshold = 0.5) => new(
        Array.ConvertAll(signal, value => 1 / (1 + Math.Exp(-(value - 0.6 + (noise * Normal()))))), threshold);

    /// <summary>A model that errs where its predecessors err, more or less: most of the noise is shared.</summary>
    public ScoredModel Retrained(double noise)
    {
        shared ??= Array.ConvertAll(signal, _ => Normal());
        return new ScoredModel(
            [.. signal.Zip(shared, (value, error) => 1 / (1 + Math.Exp(-(value - 0.6 + (noise * error) + (0.1 * Normal())))))], 0.5);
    }

    public ScoredModel Constant(double score) => new(Array.ConvertAll(Labels, _ => score), 0.5);

    public double Normal()
    {
        double sum = -6;
        for (var i = 0; i < 12; i++)
        {
            sum += random.NextUniform();
        }

        return sum;
    }
}
