using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// The loss that boosting lowers, over some rows: its derivatives by the scores and its total. A row's loss counts by its weight. Only
/// <see cref="Derive"/> is safe for concurrent use.
/// </summary>
internal abstract class BoostingLoss
{
    private const int BlockRows = 1 << 14;

    private readonly double[]? weights;

    protected BoostingLoss(LabeledRows rows)
    {
        Rows = rows;
        Labels = rows.Labels;
        weights = rows.Weights;
    }

    /// <summary>How scores become predictions.</summary>
    public abstract Link Link { get; }

    /// <summary>Whether the value of a leaf is that of <see cref="LeafValue"/>, because derivatives say too little.</summary>
    public virtual bool RenewsLeaves => false;

    protected LabeledRows Rows { get; }

    protected double[] Labels { get; }

    /// <summary>The score or, for several classes, the scores that every row starts with; learned from these rows.</summary>
    public abstract double[] Start();

    /// <summary>Called before the first tree of a round, with the scores of all trees before.</summary>
    public virtual void BeginRound(double[][] scores)
    {
    }

    /// <summary>Fills in the derivatives of each row's loss by one of its scores.</summary>
    /// <param name="output">Which score: 0, or the class.</param>
    /// <param name="scores">That score of each row.</param>
    /// <param name="gradients">The first derivatives.</param>
    /// <param name="hessians">The second ones, or what stands for them.</param>
    public void FillDerivatives(int output, double[] scores, double[] gradients, double[] hessians) => Parallel.For(
        0,
        (scores.Length + BlockRows - 1) / BlockRows,
        block => Derive(output, scores, gradients, hessians, block * BlockRows, Math.Min(scores.Length, (block + 1) * BlockRows)));

    /// <summary>The sum of all rows' losses.</summary>
    public abstract double Total(double[][] scores);

    /// <summary>The value that lowers the loss of a leaf's rows most.</summary>
    public virtual double LeafValue(ReadOnlySpan<int> rows, double[] scores) => throw new NotSupportedException();

    protected abstract void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to);

    protected double WeightOf(int row) => weights is null ? 1 : weights[row];
}

/// <summary>The log loss of two classes, where a positive row counts by a weight of its own.</summary>
internal sealed class BinaryLoss(LabeledRows rows, double positiveWeight) : BoostingLoss(rows)
{
    public override Link Link => Link.Logistic;

    public override double[] Start() => [BaselineTrainer.LogOdds(Rows) + Math.Log(positiveWeight)];

    public override double Total(double[][] scores)
    {
        var loss = 0.0;
        for (var row = 0; row < Labels.Length; row++)
        {
            loss += ClassWeight(row) * Sigmoid.LogLoss(scores[0][row], Labels[row]);
        }

        return loss;
    }

    protected override void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to)
    {
        for (var row = from; row < to; row++)
        {
            var probability = Sigmoid.Probability(scores[row]);
            var weight = ClassWeight(row);
            gradients[row] = weight * (probability - Labels[row]);
            hessians[row] = weight * (probability * (1 - probability));
        }
    }

    private double ClassWeight(int row) => (Labels[row] > 0 ? positiveWeight : 1) * WeightOf(row);
}

/// <summary>The log loss of several classes: a score for each, and softmax over them.</summary>
internal sealed class MulticlassLoss(LabeledRows rows) : BoostingLoss(rows)
{
    // The logarithm of the sum of a row's exponentials at the beginning of the round: what turns a score into a probability.
    private readonly double[] normalizers = new double[rows.Labels.Length];

    public override Link Link => Link.Softmax;

    public override double[] Start() => BaselineTrainer.ClassScores(Rows);

    public override void BeginRound(double[][] scores) => FillNormalizers(scores);

    public override double Total(double[][] scores)
    {
        FillNormalizers(scores);
        var loss = 0.0;
        for (var row = 0; row < Labels.Length; row++)
        {
            loss += WeightOf(row) * (normalizers[row] - scores[(int)Labels[row]][row]);
        }

        return loss;
    }

    protected override void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to)
    {
        for (var row = from; row < to; row++)
        {
            var probability = Math.Exp(scores[row] - normalizers[row]);
            var weight = WeightOf(row);
            gradients[row] = weight * (probability - (Labels[row] == output ? 1 : 0));
            hessians[row] = weight * (probability * (1 - probability));
        }
    }

    private void FillNormalizers(double[][] scores) => Parallel.For(0, normalizers.Length, row =>
    {
        var greatest = double.NegativeInfinity;
        foreach (var ofClass in scores)
        {
            greatest = Math.Max(greatest, ofClass[row]);
        }

        var sum = 0.0;
        foreach (var ofClass in scores)
        {
            sum += Math.Exp(ofClass[row] - greatest);
        }

        normalizers[row] = greatest + Math.Log(sum);
    });
}

/// <summary>Half the squared error.</summary>
internal sealed class SquaredLoss(LabeledRows rows) : BoostingLoss(rows)
{
    public override Link Link => Link.Identity;

    public override double[] Start() => [BaselineTrainer.Mean(Rows)];

    public override double Total(double[][] scores)
    {
        var loss = 0.0;
        for (var row = 0; row < Labels.Length; row++)
        {
            var error = scores[0][row] - Labels[row];
            loss += WeightOf(row) * error * error / 2;
        }

        return loss;
    }

    protected override void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to)
    {
        for (var row = from; row < to; row++)
        {
            var weight = WeightOf(row);
            gradients[row] = weight * (scores[row] - Labels[row]);
            hessians[row] = weight;
        }
    }
}

/// <summary>
/// The pinball loss, least where a share of the labels lies below the prediction (Koenker and Bassett, "Regression quantiles", 1978); the share 0.5 gives
/// half the absolute error. It has no curvature: trees are grown by the sign of errors, and leaves get the quantile of what is left.
/// </summary>
internal sealed class QuantileLoss(LabeledRows rows, double quantile) : BoostingLoss(rows)
{
    public override Link Link => Link.Identity;

    public override bool RenewsLeaves => true;

    public override double[] Start()
    {
        var all = new int[Labels.Length];
        for (var row = 0; row < all.Length; row++)
        {
            all[row] = row;
        }

        return [LeafValue(all, new double[all.Length])];
    }

    public override double Total(double[][] scores)
    {
        var loss = 0.0;
        for (var row = 0; row < Labels.Length; row++)
        {
            var error = Labels[row] - scores[0][row];
            loss += WeightOf(row) * (error >= 0 ? quantile * error : (quantile - 1) * error);
        }

        return loss;
    }

    /// <summary>The least of what is left of the labels that at least the share of the weight lies at or below.</summary>
    public override double LeafValue(ReadOnlySpan<int> rows, double[] scores)
    {
        var left = new double[rows.Length];
        var order = rows.ToArray();
        var total = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            left[i] = Labels[order[i]] - scores[order[i]];
            total += WeightOf(order[i]);
        }

        Array.Sort(left, order);
        var below = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            below += WeightOf(order[i]);
            if (below >= quantile * total)
            {
                return left[i];
            }
        }

        return left[^1];
    }

    protected override void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to)
    {
        for (var row = from; row < to; row++)
        {
            var weight = WeightOf(row);
            gradients[row] = weight * (scores[row] >= Labels[row] ? 1 - quantile : -quantile);
            hessians[row] = weight;
        }
    }
}

/// <summary>
/// Half the Tweedie deviance, less what depends on the label only, of numbers of 0 and more whose variance is their mean to a power: the Poisson deviance for
/// the power 1. Predictions are the exponentials of scores, so always above 0.
/// </summary>
internal sealed class TweedieLoss(LabeledRows rows, double power) : BoostingLoss(rows)
{
    private const double MostExponent = 300;

    public override Link Link => Link.Exponential;

    public override double[] Start() => [Math.Log(BaselineTrainer.Mean(Rows))];

    public override double Total(double[][] scores)
    {
        var loss = 0.0;
        for (var row = 0; row < Labels.Length; row++)
        {
            // The limit of y (exp(s)^(1 - p)) / (1 - p) for p = 1 is y s, but for a constant.
            var score = Limit(scores[0][row]);
            var first = power == 1 ? score : Math.Exp((1 - power) * score) / (1 - power);
            loss += WeightOf(row) * ((Math.Exp((2 - power) * score) / (2 - power)) - (Labels[row] * first));
        }

        return loss;
    }

    protected override void Derive(int output, double[] scores, double[] gradients, double[] hessians, int from, int to)
    {
        for (var row = from; row < to; row++)
        {
            var score = Limit(scores[row]);
            var weight = WeightOf(row);
            var less = Labels[row] * Math.Exp((1 - power) * score);
            var more = Math.Exp((2 - power) * score);
            gradients[row] = weight * (more - less);
            hessians[row] = weight * (((2 - power) * more) + ((power - 1) * less));
        }
    }

    private static double Limit(double score) => Math.Clamp(score, -MostExponent, MostExponent);
}
