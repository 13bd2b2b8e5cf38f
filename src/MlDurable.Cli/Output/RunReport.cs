using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>Writes what came of a run for people.</summary>
internal static class RunReport
{
    private const int LeaderboardRows = 10;

    /// <summary>The verdict, the leaderboard, the metrics and where the report lies.</summary>
    public static void Write(Terminal terminal, RunRecord run, Evaluation? evaluation, string? report)
    {
        WriteVerdict(terminal, run);
        if (run.Scoring is { } scoring)
        {
            WriteScoring(terminal, scoring);
        }

        if (run.Work is { } work)
        {
            terminal.Line($"  new work: {Text.Counted(work.Validated, "partition")} validated, {work.Featurized} featurized (of {work.Partitions}); "
                + $"{(run.Stage == RunStage.All ? $"{Text.Counted(work.Trained, "candidate")} trained (of {work.Candidates}); " : "")}the rest was reused");
        }

        WriteLeaderboard(terminal, run, evaluation?.Primary);
        if (evaluation is not null)
        {
            WriteMetrics(terminal, evaluation);
        }

        if (report is not null)
        {
            terminal.Line();
            terminal.Line($"report: {report}");
        }
    }

    /// <summary>One line: how the run ended.</summary>
    public static void WriteVerdict(Terminal terminal, RunRecord run, int indent = 0)
    {
        var (tone, word) = run switch
        {
            { Status: RunStatus.Completed, Outcome: { } outcome } => (ToneOf(outcome), Text.Lower(outcome)),
            { Waiting: { } waiting } => (Tone.Warning, $"waits for approval until {Text.Instant(waiting.Until)}"),
            { Status: RunStatus.Running } => (Tone.Warning, "unfinished"),
            _ => (Tone.Bad, Text.Lower(run.Status)),
        };
        var version = run.Outcome == RunOutcome.Promoted ? $" version {run.Version}" : "";
        terminal.Line(tone, new string(' ', indent) + word + version, run.Summary is null ? "" : $": {run.Summary}");
        if (run.Approval is { } approval && run.Outcome != RunOutcome.Rejected)
        {
            terminal.Line($"  {approval.Summary} ({Text.Instant(approval.DecidedAt)})");
        }

        if (run.Failure is { } failure)
        {
            terminal.Line($"  step {failure.Step}, code {failure.Code}");
        }
    }

    private static void WriteScoring(Terminal terminal, ScoringWork scoring)
    {
        foreach (var finding in scoring.Failed)
        {
            terminal.Line(Tone.Bad, "  not scored", $" {finding.Partition}: {finding.Message} ({finding.Code})");
        }

        if (scoring.FailedCount > scoring.Failed.Length)
        {
            terminal.Line($"  … {scoring.FailedCount - scoring.Failed.Length} more");
        }
    }

    public static void WriteLeaderboard(Terminal terminal, RunRecord run, string? primary)
    {
        if (run.Leaderboard.IsEmpty)
        {
            return;
        }

        var names = CandidateNames.Of(run.Leaderboard);
        var metrics = MetricCatalog.Names.Where(name => run.Leaderboard[0].Validation.ContainsKey(name));
        string[] shown = [.. new[] { primary ?? "roc-auc" }.Concat(metrics.Where(name => name is "roc-auc" or "pr-auc" or "log-loss")).Distinct()];
        var folds = run.Leaderboard[0].CrossValidation?.Folds.Length;
        var table = new TextTable(["#", folds is null ? "candidate (validation rows)" : $"candidate (mean of {folds} folds)", .. shown, "fit s"]);
        for (var index = 0; index < Math.Min(run.Leaderboard.Length, LeaderboardRows); index++)
        {
            var candidate = run.Leaderboard[index];
            table.Add(
            [
                $"{index + 1}",
                names[index] + (candidate.Halving is { IsStopped: true } stopped ? $" (stopped at 1/{stopped.Rungs[^1].Divisor})" : ""),
                .. shown.Select(metric => candidate.CrossValidation?.Metrics.GetValueOrDefault(metric) is { } mean
                    ? $"{Text.Metric(mean.Mean)} ± {Text.Metric(mean.StandardError)}"
                    : Text.Metric(candidate.Figure(metric))),
                candidate.Reused ? "reused" : candidate.FitSeconds.ToString("0.00"),
            ]);
        }

        terminal.Line();
        table.WriteTo(terminal, 2);
        if (run.Leaderboard.Length > LeaderboardRows)
        {
            terminal.Line($"  … {run.Leaderboard.Length - LeaderboardRows} more");
        }
    }

    public static void WriteMetrics(Terminal terminal, Evaluation evaluation)
    {
        var champion = evaluation.Champion;
        var table = new TextTable(
            champion is null
                ? ["metric (new rows)", "candidate", "interval", "baseline"]
                : ["metric (new rows)", "candidate", "interval", "champion", "difference", "interval of difference"]);
        foreach (var metric in evaluation.Candidate.Metrics)
        {
            if (champion is null)
            {
                table.Add(metric.Metric, Text.Metric(metric.Value), Text.Interval(metric.Interval), Text.Metric(Find(evaluation.Baseline, metric.Metric)));
                continue;
            }

            var difference = evaluation.VersusChampion.FirstOrDefault(paired => paired.Metric == metric.Metric);
            table.Add(
                metric.Metric,
                Text.Metric(metric.Value),
                Text.Interval(metric.Interval),
                Text.Metric(Find(champion, metric.Metric)),
                difference is null ? Text.None : Text.Signed(difference.Delta),
                difference is null ? Text.None : Text.SignedInterval(difference.Interval));
        }

        terminal.Line();
        table.WriteTo(terminal, 2);
        terminal.Line($"  on {Text.Counted(evaluation.Rows.Compared, "row")}{(evaluation.Rows.ComparedPositives is { } positives ? $" ({positives} positive)" : "")} that no compared model has learned from; "
            + "a difference above 0 is in the candidate's favour");
    }

    private static double? Find(EvaluatedModel model, string metric) => model.Metrics.FirstOrDefault(estimate => estimate.Metric == metric)?.Value;

    private static Tone ToneOf(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Promoted or RunOutcome.Unchanged or RunOutcome.Featurized or RunOutcome.Scored => Tone.Good,
        RunOutcome.Kept or RunOutcome.Inconclusive or RunOutcome.Incomplete => Tone.Warning,
        _ => Tone.Bad,
    };
}
