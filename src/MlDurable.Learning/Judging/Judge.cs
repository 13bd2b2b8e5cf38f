using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>Decides whether a candidate may replace the champion. Pure, seeded and thread-safe: the same input gives the same verdict everywhere.</summary>
/// <remarks>
/// <para>Every comparison is a paired bootstrap of the primary metric on the same rows (<see cref="Bootstrap.Compare"/>); its gain is
/// positive when the candidate is better. [low, high] is the two-sided interval at 1 - 2(1 - c) for the one-sided confidence c, m the
/// margin. The anchor is tested like the champion, with the same margin, always under the non-inferior rule.</para>
/// <para>Against the champion, and the anchor, the candidate stands, the first line that fits:</para>
/// <list type="table">
/// <item><term>better</term><description>low &gt; 0</description></item>
/// <item><term>as good</term><description>low &gt; -m; non-inferior rule only</description></item>
/// <item><term>worse</term><description>high &lt;= -m</description></item>
/// <item><term>not better</term><description>high &lt; m; superior rule only: no gain as large as the margin</description></item>
/// <item><term>open</term><description>the rows needed, n (z SE / m)^2 with z = 2.487 at 0.95 (<see cref="RowsNeeded.ForMetric"/>), exceed the rows at hand</description></item>
/// <item><term>not shown</term><description>otherwise: the rows would have shown an equal candidate (or a gain of the margin) with 80 % power, and did not</description></item>
/// </list>
/// <para>The verdict, the first line that fits:</para>
/// <list type="table">
/// <item><term>Keep</term><description>the candidate's hash is the champion's: the same model</description></item>
/// <item><term>Blocked(Leak)</term><description>too good to be true: ROC AUC &gt; 0.995 of two classes, accuracy &gt; 0.995 of several (whose ROC AUC good
/// models do reach), R² &gt; 0.995 of numbers; or a gain over the champion above m and above 5 times the median past gain, where that is positive</description></item>
/// <item><term>Blocked(Gate)</term><description>a threshold is missed (also when its metric is undefined), or low &lt;= 0 against the baseline</description></item>
/// <item><term>Promote</term><description>there is no champion: the first version</description></item>
/// <item><term>Keep</term><description>worse, not better or not shown, against champion or anchor</description></item>
/// <item><term>Blocked(Slice)</term><description>a slice is shown to be worse, or under the strict rule not shown to be non-inferior</description></item>
/// <item><term>Inconclusive</term><description>open against champion or anchor; the rows needed are the larger of the two</description></item>
/// <item><term>Promote</term><description>better than both</description></item>
/// <item><term>PromoteNonInferior</term><description>otherwise: as good as at least one of them</description></item>
/// </list>
/// <para>A version that is better than a champion but only as good as the anchor is promoted as non-inferior, so the anchor can only
/// move to a version shown to be better than it; otherwise small losses could add up through lucky wins over a weakened champion.</para>
/// <para>The ROC AUC of a constant baseline is 0.5 on every resample, so "better than the baseline" then means shown to be above 0.5.
/// Gates compare the point value, not its interval.</para>
/// </remarks>
public static class Judge
{
    /// <summary>Above this ROC AUC, or accuracy between several classes, or R² of numbers, a candidate is held for a leak review.</summary>
    public const double LeakLimit = 0.995;

    /// <summary>A gain of more than this many median past gains is held for a leak review.</summary>
    public const double LeakGainFactor = 5;

    /// <summary>Compares, tests and decides.</summary>
    /// <param name="input">The scores and the rules.</param>
    /// <returns>The verdict with everything that was checked.</returns>
    /// <exception cref="LearningException">
    /// As <see cref="Bootstrap.Compare"/>; code <c>one-class</c> when the rows have one class only, <c>one-label</c> when all have the same number; <c>invalid-margin</c> when the margin
    /// is not above 0.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A bootstrap option is out of its range.</exception>
    public static Verdict Decide(JudgeInput input) => VerdictRules.Decide(Gather(input));

    /// <summary>The metric that <see cref="LeakLimit"/> is of.</summary>
    internal static Metric LeakMetric(LearningTask task) => MetricCatalog.Find(
        task,
        task switch
        {
            LearningTask.Multiclass => "accuracy",
            LearningTask.Regression => "r2",
            _ => "roc-auc",
        })!;

    private static JudgeEvidence Gather(JudgeInput input)
    {
        var (metric, labels, candidate) = (input.Primary, input.Labels, input.Candidate);
        ScoredRows.CheckFor(metric.Task, labels, candidate.Scores);
        if (Array.TrueForAll(labels, label => label == labels[0]))
        {
            throw metric.Task == LearningTask.Regression
                ? new LearningException("one-label", $"A candidate is judged on different labels, but all {labels.Length} rows have the label {labels[0]}. Judge on more rows.")
                : new LearningException(
                    "one-class",
                    $"A candidate is judged on rows of different classes, but all {labels.Length} rows have the label {labels[0]}. "
                    + "Judge on more rows, or check the rule that makes the label.");
        }

        if (input.Margin is <= 0 or double.NaN)
        {
            throw new LearningException("invalid-margin", $"The margin is {input.Margin}; it must be above 0, in units of {metric.DisplayName}.");
        }

        var champion = input.Champion is null ? null : Bootstrap.Compare(metric, labels, candidate, input.Champion, input.Bootstrap);
        var margin = champion is null ? 0 : metric.Margin(input.Margin, champion.Reference);
        return new JudgeEvidence
        {
            Primary = metric,
            SameModel = input.CandidateHash is not null && input.CandidateHash == input.ChampionHash,
            LeakFigure = LeakMetric(metric.Task).Evaluate(labels, candidate.Scores, candidate.Threshold),
            Gates = [.. input.Gates.Select(gate => new GateResult(gate, gate.Metric.Evaluate(labels, candidate.Scores, candidate.Threshold)))],
            VersusBaseline = input.Baseline is null ? null : Bootstrap.Compare(metric, labels, candidate, input.Baseline, input.Bootstrap),
            VersusChampion = champion,
            VersusAnchor = champion is null || input.Anchor is null
                ? null
                : Bootstrap.Compare(metric, labels, candidate, input.Anchor, input.Bootstrap),
            Slices = SliceTests.Run(metric, labels, candidate, input.Champion, input.Slices, margin, input.StrictSlices, input.Bootstrap),
            Rule = input.Rule,
            Margin = margin,
            Confidence = input.Bootstrap.Confidence,
            PastGains = input.PastGains,
        };
    }
}
