namespace MlDurable.Learning.Tests;

/// <summary>ROC AUC by its definition: the share of pairs of a positive and a negative row in which the positive one scores higher (half
/// for ties).</summary>
internal static class TestAuc
{
    public static double Of(double[] labels, double[] scores)
    {
        var positives = scores.Where((_, row) => labels[row] == 1).ToArray();
        var negatives = scores.Where((_, row) => labels[row] == 0).ToArray();
        var won = positives.Sum(positive => negatives.Sum(negative => positive > negative ? 1 : positive == negative ? 0.5 : 0));
        return won / ((double)positives.Length * negatives.Length);
    }
}
