using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Promotion;

/// <summary>What a verdict means for the champion.</summary>
internal static class Outcomes
{
    public static RunOutcome Of(Evaluation evaluation) => evaluation.Verdict.Kind switch
    {
        _ when evaluation.Champion?.ModelHash == evaluation.Candidate.ModelHash => RunOutcome.Unchanged,
        VerdictKind.Promote or VerdictKind.PromoteNonInferior => evaluation.LaterChampion is null ? RunOutcome.Promoted : RunOutcome.Kept,
        VerdictKind.Keep => RunOutcome.Kept,
        VerdictKind.Inconclusive => RunOutcome.Inconclusive,
        _ => RunOutcome.Blocked,
    };

    /// <summary>The verdict in a sentence.</summary>
    public static string Summary(Evaluation evaluation) => evaluation.LaterChampion is { } version
        ? $"version {version}, which was made from later data, stays champion; without it: {evaluation.Verdict.Summary}"
        : evaluation.Verdict.Summary;

    /// <summary>A candidate that is shown superior, or is the first champion, becomes what later ones are measured against.</summary>
    public static bool ResetsAnchor(Evaluation evaluation) => evaluation.Champion is null || evaluation.Verdict.Kind == VerdictKind.Promote;
}
