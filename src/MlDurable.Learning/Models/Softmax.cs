namespace MlDurable.Learning.Models;

internal static class Softmax
{
    /// <summary>Turns the scores of a row's classes into their probabilities; where no class is possible (all scores are minus infinity) all are equal.</summary>
    public static void Apply(Span<double> scores)
    {
        var greatest = double.NegativeInfinity;
        foreach (var score in scores)
        {
            greatest = Math.Max(greatest, score);
        }

        if (double.IsNegativeInfinity(greatest))
        {
            scores.Fill(1.0 / scores.Length);
            return;
        }

        var sum = 0.0;
        foreach (ref var score in scores)
        {
            score = Math.Exp(score - greatest);
            sum += score;
        }

        foreach (ref var score in scores)
        {
            score /= sum;
        }
    }
}
