using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>The candidates beside each other.</summary>
internal static class LeaderboardSection
{
    // More columns than this do not fit beside the settings; the primary metric always does.
    private const int MetricsShown = 4;

    public static void Write(HtmlWriter html, ReportModel model)
    {
        var board = model.Run.Leaderboard;
        var folds = board.IsEmpty ? null : board[0].CrossValidation;
        var primary = model.Evaluation?.Primary;
        var metrics = Metrics(board, primary);
        var drawn = metrics.FirstOrDefault();
        var selected = SelectedIndex(model);
        var varying = Varying(board);
        // The baseline is far behind: on the same scale it would hide how the others differ.
        var plot = new RowPlot(
            html,
            drawn is null ? [] : board.Where(candidate => !IsBaseline(candidate)).SelectMany(candidate => Drawn(candidate, drawn)).OfType<double>());
        string[] columns =
        [
            "#Rank",
            "Trainer",
            "Settings",
            .. metrics.Take(1).SelectMany(metric => new[] { "#" + ReportText.MetricName(metric), "" }),
            .. metrics.Skip(1).Select(metric => "#" + ReportText.MetricName(metric)),
            "#Fit",
        ];
        using (ReportTables.Table(html, $"The candidates {Rows(folds)}, best first", columns))
        using (html.Open("tbody"))
        {
            for (var rank = 0; rank < board.Length; rank++)
            {
                var candidate = board[rank];
                using (html.Open("tr", ("class", rank == selected ? "primary" : null)))
                {
                    ReportTables.Number(html, ReportText.Count(rank + 1));
                    using (html.Open("th", ("scope", "row")))
                    {
                        html.Text(candidate.Trainer);
                        if (rank == selected)
                        {
                            html.Text(" ");
                            ReportTables.Tag(html, "accent", "selected");
                        }

                        if (candidate.Halving is { IsStopped: true } stopped)
                        {
                            html.Text(" ");
                            ReportTables.Tag(html, "calm", $"stopped at 1/{stopped.Rungs[^1].Divisor}");
                        }
                    }

                    html.Element(
                        "td",
                        ReportText.Settings(candidate.Hyperparameters.Where(setting => varying.Contains((candidate.Trainer, setting.Key)))),
                        ("class", "settings"));
                    foreach (var metric in metrics)
                    {
                        if (StandardError(candidate, metric) is { } error)
                        {
                            ReportTables.Number(html, ReportText.Metric(candidate.Figure(metric)), $"± {ReportText.Metric(error)}");
                        }
                        else
                        {
                            ReportTables.Number(html, ReportText.Metric(candidate.Figure(metric)));
                        }

                        if (metric == drawn)
                        {
                            double?[] points = IsBaseline(candidate) ? [null, null, null] : [.. Drawn(candidate, metric)];
                            plot.Cell(rank == selected ? "candidate" : "champion", points[0], points[1], points[2]);
                        }
                    }

                    if (candidate.Reused)
                    {
                        ReportTables.Number(html, "reused");
                    }
                    else
                    {
                        ReportTables.Number(html, ReportText.Seconds(candidate.FitSeconds));
                    }
                }
            }

            if (drawn is not null)
            {
                using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
                {
                    html.Element("td", "", ("colspan", "4"));
                    plot.AxisCell();
                    html.Element("td", "", ("colspan", ReportText.Count(columns.Length - 5)));
                }
            }
        }

        WriteCommonSettings(html, board, varying);
        if (model.Plan is { } plan && board.Length < plan.MostCandidates)
        {
            html.Element("p", $"{board.Length} of at most {plan.MostCandidates} candidates were trained: the time of the search was over.", ("class", "hint"));
        }

        if (model.Plan?.Halving is { } halving)
        {
            html.Element(
                "p",
                $"Successive halving: of {ReportText.Counted(board.Count(candidate => candidate.Halving is not null), "candidate")} that began on "
                + $"1/{halving.Divisor(0)} of the training rows, {board.Count(candidate => candidate.Halving is { IsStopped: false })} came to all of them. "
                + "The figures of one that was stopped are those of its last model.",
                ("class", "hint"));
        }

        if (folds is not null)
        {
            html.Element(
                "p",
                $"Each figure is the mean over {folds.Folds.Length} folds, with its standard error: the models of two folds share training rows, which it allows for.",
                ("class", "hint"));
        }

        html.Element(
            "p",
            "The best of several candidates looks better on the rows that it was picked by than it is: only the figures on unseen rows, above, count.",
            ("class", "hint"));
    }

    private static void WriteCommonSettings(
        HtmlWriter html, IReadOnlyList<CandidateResult> board, HashSet<(string Trainer, string Name)> varying)
    {
        foreach (var trainer in board.GroupBy(candidate => candidate.Trainer))
        {
            var common = trainer.First().Hyperparameters.Where(setting => !varying.Contains((trainer.Key, setting.Key))).ToList();
            if (common.Count > 0)
            {
                html.Element(
                    "p",
                    $"{(trainer.Skip(1).Any() ? "Every" : "The")} {trainer.Key} candidate has {ReportText.Settings(common)}.",
                    ("class", "hint"));
            }
        }
    }

    private static List<string> Metrics(IReadOnlyList<CandidateResult> board, string? primary)
    {
        var present = board.SelectMany(candidate => candidate.Validation.Keys).ToHashSet();
        return
        [
            .. MetricCatalog.Names
                .Where(present.Contains)
                .Concat(present.Where(name => MetricCatalog.Find(name) is null).Order())
                .OrderByDescending(name => name == primary)
                .Take(MetricsShown),
        ];
    }

    private static HashSet<(string Trainer, string Name)> Varying(IReadOnlyList<CandidateResult> board) =>
        board
            .SelectMany(candidate => candidate.Hyperparameters.Select(setting => (candidate.Trainer, setting.Key, setting.Value)))
            .Distinct()
            .GroupBy(setting => (setting.Trainer, setting.Key))
            .Where(setting => setting.Count() > 1)
            .Select(setting => setting.Key)
            .ToHashSet();

    private static int SelectedIndex(ReportModel model)
    {
        var hash = model.Evaluation?.Candidate.ModelHash ?? model.Manifest?.ModelHash;
        for (var index = 0; index < model.Run.Leaderboard.Length; index++)
        {
            if (model.Run.Leaderboard[index].ModelHash == hash)
            {
                return index;
            }
        }

        return -1;
    }

    private static bool IsBaseline(CandidateResult candidate) => candidate.Trainer == "baseline";

    private static string Rows(CrossValidation? folds) => folds switch
    {
        null => "on the validation rows",
        { By: "group" } => $"cross-validated in {folds.Folds.Length} folds by groups",
        { By: "time" } => $"cross-validated in {folds.Folds.Length} folds by time",
        _ => $"cross-validated in {folds.Folds.Length} {folds.By} folds",
    };

    private static double? StandardError(CandidateResult candidate, string metric) => candidate.CrossValidation?.Metrics.GetValueOrDefault(metric)?.StandardError;

    /// <summary>The dot of a candidate and the ends of its whisker; without one, the dot alone.</summary>
    private static double?[] Drawn(CandidateResult candidate, string metric)
    {
        var (value, error) = (candidate.Figure(metric), StandardError(candidate, metric));
        return [value, value - error, value + error];
    }
}
