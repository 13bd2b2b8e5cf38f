using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// The penalised log loss of logistic regression at a point: the weights, then the intercept. Rows are taken in parts that depend on nothing but their
/// number, and the parts are added up in order, so that the value is the same for any number of threads. Not safe for concurrent use.
/// </summary>
internal sealed class LogisticObjective
{
    private const int MaxParts = 64;
    private const int RowsPerPart = 4096;

    /// <summary>So few rows at a time that their cells stay in the processor's cache between the scores and the gradient.</summary>
    private const int BlockRows = 512;

    private readonly FeatureMatrix features;
    private readonly double[] labels;
    private readonly double l2;
    private readonly double[][] gradients;
    private readonly double[] losses;

    public LogisticObjective(FeatureMatrix features, double[] labels, double l2)
    {
        this.features = features;
        this.labels = labels;
        this.l2 = l2;
        var parts = Math.Clamp(labels.Length / RowsPerPart, 1, MaxParts);
        gradients = new double[parts][];
        losses = new double[parts];
        for (var part = 0; part < parts; part++)
        {
            gradients[part] = new double[features.FeatureCount + 1];
        }
    }

    public double Evaluate(double[] point, double[] gradient)
    {
        Parallel.For(0, losses.Length, part => EvaluatePart(part, point));
        var loss = 0.0;
        for (var i = 0; i < point.Length - 1; i++)
        {
            loss += l2 / 2 * point[i] * point[i];
            gradient[i] = l2 * point[i];
        }

        gradient[^1] = 0;
        for (var part = 0; part < losses.Length; part++)
        {
            loss += losses[part];
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] += gradients[part][i];
            }
        }

        return loss;
    }

    private void EvaluatePart(int part, double[] point)
    {
        var gradient = gradients[part];
        Array.Clear(gradient);
        var loss = 0.0;
        Span<double> residuals = stackalloc double[BlockRows];
        var end = EndOf(part);
        for (var start = part == 0 ? 0 : EndOf(part - 1); start < end; start += BlockRows)
        {
            var block = residuals[..Math.Min(BlockRows, end - start)];
            LinearScorer.Compute(block, features, start, point.AsSpan(0, point.Length - 1), point[^1]);
            loss += ToResiduals(block, labels.AsSpan(start, block.Length));
            AddGradient(block, start, gradient);
        }

        losses[part] = loss;
    }

    private int EndOf(int part) => (int)((long)labels.Length * (part + 1) / losses.Length);

    /// <summary>Turns log-odds into probability minus label, and gives the sum of the log losses.</summary>
    private static double ToResiduals(Span<double> logOdds, ReadOnlySpan<double> labels)
    {
        const int PerLogarithm = 32;
        var loss = 0.0;
        for (var start = 0; start < logOdds.Length; start += PerLogarithm)
        {
            // The logarithm of a product of numbers between 1 and 2 in place of the sum of their logarithms.
            var product = 1.0;
            for (var row = start; row < Math.Min(start + PerLogarithm, logOdds.Length); row++)
            {
                var odds = Math.Exp(-Math.Abs(logOdds[row]));
                var isPositive = labels[row] > 0;
                loss += Math.Max(isPositive ? -logOdds[row] : logOdds[row], 0);
                product *= 1 + odds;
                logOdds[row] = ((logOdds[row] >= 0 ? 1 : odds) / (1 + odds)) - labels[row];
            }

            loss += Math.Log(product);
        }

        return loss;
    }

    private void AddGradient(ReadOnlySpan<double> residuals, int start, double[] gradient)
    {
        for (var i = 0; i < features.Dense.Length; i++)
        {
            gradient[i] += Dot(residuals, features.Dense[i].AsSpan(start, residuals.Length));
        }

        foreach (var block in features.Hot)
        {
            for (var row = 0; row < residuals.Length; row++)
            {
                var feature = block[start + row];
                if (feature >= 0)
                {
                    gradient[feature] += residuals[row];
                }
            }
        }

        foreach (var block in features.Sparse)
        {
            for (var row = 0; row < residuals.Length; row++)
            {
                foreach (var (feature, value) in block.At(start + row))
                {
                    gradient[feature] += residuals[row] * value;
                }
            }
        }

        foreach (var residual in residuals)
        {
            gradient[^1] += residual;
        }
    }

    /// <summary>Always the same eight sums, whatever vectors the processor has.</summary>
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (first, second) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var left = MemoryMarshal.Cast<double, Vector256<double>>(a);
        var right = MemoryMarshal.Cast<double, Vector256<double>>(b);
        var pairs = left.Length & ~1;
        for (var i = 0; i < pairs; i += 2)
        {
            first += left[i] * right[i];
            second += left[i + 1] * right[i + 1];
        }

        var lanes = first + second;
        var sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
        for (var i = pairs * Vector256<double>.Count; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
