namespace MlDurable.Learning.Models;

/// <summary>The logistic function and what is computed with it, without overflow for any finite log-odds.</summary>
internal static class Sigmoid
{
    /// <summary>The probability of the given log-odds.</summary>
    public static double Probability(double logOdds)
    {
        if (logOdds >= 0)
        {
            return 1 / (1 + Math.Exp(-logOdds));
        }

        var odds = Math.Exp(logOdds);
        return odds / (1 + odds);
    }

    /// <summary>The log loss of one row: -ln of the probability that the given log-odds give to its label.</summary>
    public static double LogLoss(double logOdds, double label)
    {
        var margin = label > 0 ? -logOdds : logOdds;
        return Math.Max(margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
    }
}
