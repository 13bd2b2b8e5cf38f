using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Judging;

/// <summary>McNemar's test of two models' decisions on the same rows, between two classes or several. Thread-safe.</summary>
public static class McNemar
{
    /// <summary>Tests two models' decisions: for the positive class, each at its own threshold, or for the most probable class.</summary>
    /// <param name="task">Binary or multiclass.</param>
    /// <param name="labels">The truth per row.</param>
    /// <param name="candidate">The candidate's scores on the rows.</param>
    /// <param name="reference">The reference's scores on the rows.</param>
    /// <returns>The counts and what follows.</returns>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static McNemarResult Compare(LearningTask task, double[] labels, ScoredModel candidate, ScoredModel reference)
    {
        var (ofCandidate, ofReference) = (Right(task, labels, candidate), Right(task, labels, reference));
        int referenceOnly = 0, candidateOnly = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            referenceOnly += ofReference[row] && !ofCandidate[row] ? 1 : 0;
            candidateOnly += ofCandidate[row] && !ofReference[row] ? 1 : 0;
        }

        return FromCounts(referenceOnly, candidateOnly, labels.Length);
    }

    private static bool[] Right(LearningTask task, double[] labels, ScoredModel model)
    {
        switch (task)
        {
            case LearningTask.Binary:
                ScoredRows.Check(labels, model.Scores);
                return [.. labels.Zip(model.Scores, (label, score) => (score >= model.Threshold) == (label == 1))];
            case LearningTask.Multiclass:
                return Array.ConvertAll(MulticlassMetrics.Decided(labels, model.Scores).Right, right => right == 1);
            default:
                throw new ArgumentOutOfRangeException(nameof(task), task, "Predicted numbers are no decisions.");
        }
    }

    /// <summary>Tests the counts of rows on which only one model is right.</summary>
    /// <param name="referenceOnlyRight">b: rows that only the reference decides right, 0 or more.</param>
    /// <param name="candidateOnlyRight">c: rows that only the candidate decides right, 0 or more.</param>
    /// <param name="rows">n: all rows compared, at least b + c and at least 1.</param>
    /// <returns>The counts and what follows.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of its range.</exception>
    public static McNemarResult FromCounts(int referenceOnlyRight, int candidateOnlyRight, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(referenceOnlyRight);
        ArgumentOutOfRangeException.ThrowIfNegative(candidateOnlyRight);
        var discordant = referenceOnlyRight + candidateOnlyRight;
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, Math.Max(1, discordant));
        double difference = candidateOnlyRight - referenceOnlyRight;
        var fewer = Math.Min(referenceOnlyRight, candidateOnlyRight);
        var atMost = Distributions.FairCoinCdf(fewer, discordant);
        var below = Distributions.FairCoinCdf(fewer - 1, discordant);
        return new McNemarResult(
            referenceOnlyRight,
            candidateOnlyRight,
            rows,
            Math.Min(1, 2 * atMost),
            discordant == 0 ? 1 : Math.Min(1, atMost + below),
            discordant == 0 ? null : (Math.Abs(difference) - 1) * (Math.Abs(difference) - 1) / discordant,
            difference / rows,
            Math.Sqrt(discordant - (difference * difference / rows)) / rows);
    }
}
