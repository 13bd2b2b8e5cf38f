using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>What came of a run, as a colour, an icon and words: never by colour alone.</summary>
/// <param name="Tone">The class of the style sheet: good, calm, warn or bad.</param>
/// <param name="Icon">The path of the icon in a box of 24 by 24.</param>
/// <param name="Word">One to four words.</param>
/// <param name="Meaning">One sentence on what it means for the model in production.</param>
internal sealed record RunBadge(string Tone, string Icon, string Word, string Meaning)
{
    private const string Check = "M5 12.5 L10 17.5 L19 7";
    private const string Same = "M6 9.5 L18 9.5 M6 14.5 L18 14.5";
    private const string Cross = "M7 7 L17 17 M17 7 L7 17";
    private const string Alert = "M12 5 L12 13.5 M12 17.5 L12 18.5";
    private const string Dots = "M5 12 L6 12 M11.5 12 L12.5 12 M18 12 L19 12";
    private const string Shield = "M12 4 L19 7 L19 12 L16 17 L12 20 L8 17 L5 12 L5 7 Z";

    /// <summary>The badge of a run.</summary>
    public static RunBadge Of(ReportModel model) => (model.Run.Status, model.Run.Outcome) switch
    {
        (RunStatus.Running, _) => new("calm", Dots, "Running", "The run has not ended; the same command continues it."),
        (RunStatus.Failed, _) => new("bad", Cross, "Failed", "The run ended by an error. The champion was not touched."),
        (RunStatus.Cancelled, _) => new("calm", Cross, "Cancelled", "A person ended the run. The champion was not touched."),
        (_, RunOutcome.Promoted) => Promoted(model),
        (_, RunOutcome.Unchanged) when model.Run.Stage != RunStage.All => new("calm", Same, "Unchanged", "No partition was new."),
        (_, RunOutcome.Unchanged) => new("calm", Same, "Unchanged", "The best candidate is the champion already, bit for bit."),
        (_, RunOutcome.Kept) when model.Evaluation?.LaterChampion is not null => new(
            "calm", Shield, "Champion kept", "The run was limited to data of the past, and the champion has learned from later data."),
        (_, RunOutcome.Kept) => new("calm", Shield, "Champion kept", "The candidate is not better as the pipeline's rule asks."),
        (_, RunOutcome.Inconclusive) => new("warn", Alert, "Inconclusive", Inconclusive(model.Verdict?.RowsNeeded)),
        (_, RunOutcome.Blocked) => new("bad", Cross, Blocked(model.Verdict?.Reason), "Something forbids a promotion, whatever the comparison says."),
        (_, RunOutcome.Quarantined) => new(
            "warn", Shield, "Quarantined", "Data broke an expectation and was set aside; nothing was trained, the champion stays."),
        (_, RunOutcome.Featurized) => new("good", Check, "Data ready", "New partitions were validated and featurized; the next run of the whole flow finds them done."),
        _ => new("calm", Same, "Completed", "The run ended without a decision."),
    };

    private static RunBadge Promoted(ReportModel model) => model switch
    {
        { Run.ChampionBefore: null } => new(
            "good", Check, "First champion", "There was no champion; the candidate passed every gate and is in production now."),
        { Verdict.Kind: VerdictKind.PromoteNonInferior } => new(
            "good", Check, "Promoted: not inferior", "The candidate is shown to be as good as the champion, within the margin, and replaced it."),
        _ => new("good", Check, "Promoted", "The candidate is shown to be better than the champion, and replaced it."),
    };

    private static string Inconclusive(long? rowsNeeded) => rowsNeeded is { } rows
        ? $"Too few rows to say; the champion stays. About {ReportText.Counted(rows, "comparison row")} would settle it."
        : "Too few rows to say; the champion stays.";

    private static string Blocked(BlockReason? reason) => reason switch
    {
        BlockReason.Slice => "Blocked: a slice is worse",
        BlockReason.Leak => "Blocked: too good to be true",
        BlockReason.Contract => "Blocked: contract broken",
        BlockReason.Resources => "Blocked: over budget",
        BlockReason.Gate => "Blocked: a gate is missed",
        _ => "Blocked",
    };
}
