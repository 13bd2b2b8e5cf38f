using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Output;

/// <summary>What <c>backfill</c> and <c>backfills</c> write for people, and the lines of progress.</summary>
internal static class BackfillOutput
{
    public static void Started(Terminal terminal, BackfillProgress progress)
    {
        var backfill = progress.Backfill;
        var continued = progress.Open < backfill.Items.Length;
        terminal.Line(
            Tone.Heading,
            backfill.Id,
            $" of {backfill.Pipeline}, {backfill.Range}: {Text.Counted(backfill.Items.Length, "run")}{(continued ? $", of which {progress.Open} are left" : "")}");
        terminal.Json(new ProgressLine("backfill") { Backfill = BackfillDocument.Of(progress, withRuns: false) }, CliJson.Default.ProgressLine);
    }

    /// <summary>One run of a backfill ended; null when it has no record, since it could not even begin.</summary>
    public static void Ended(Terminal terminal, RunRecord? run)
    {
        if (run is not null)
        {
            RunReport.WriteVerdict(terminal, run with { Summary = $"{run.RunId}: {run.Summary}" }, indent: 2);
            terminal.Json(new ProgressLine("ended") { Ended = run }, CliJson.Default.ProgressLine);
        }
    }

    /// <summary>The runs of a backfill and where each stands.</summary>
    public static void Write(Terminal terminal, BackfillProgress progress)
    {
        var backfill = progress.Backfill;
        terminal.Line(
            Tone.Heading,
            backfill.Id,
            $" of {backfill.Pipeline}, {backfill.Range}: {progress.Completed} completed, {progress.Failed} failed, {progress.Open} {(backfill.FinishedAt is null ? "to do" : "not begun")}");
        var table = new TextTable("run", backfill.Items[0].Through is null ? "as of" : "through", "state", "version", "summary");
        foreach (var (item, run) in backfill.Items.Zip(progress.Runs))
        {
            table.Add(
                item.RunId,
                item.Through ?? Text.Instant(item.AsOf),
                run is null ? "to do" : run.Outcome is { } outcome ? Text.Lower(outcome) : run.Status == RunStatus.Running ? "unfinished" : Text.Lower(run.Status),
                run?.Version?.ToString() ?? Text.None,
                run?.Summary ?? "");
        }

        table.WriteTo(terminal, 2);
    }

    public static string State(Backfill backfill) => backfill switch
    {
        { Cancelled: not null } => "cancelled",
        { FinishedAt: not null } => "ended",
        _ => "unfinished",
    };
}
