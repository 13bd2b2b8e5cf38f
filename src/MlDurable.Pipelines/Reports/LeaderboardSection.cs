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
        var primary = model.Evaluation?.Primary;
        var metrics = Metrics(board, primary);
        var drawn = metrics.FirstOrDefault();
        var selected = SelectedIndex(model);
        var varying = Varying(board);
        // The baseline is far behind: on the same scale it would hide how the others differ.
        var plot = new RowPlot(
            html,
            drawn is null ? [] : board.Where(candidate => !IsBaseline(candidate)).Select(candidate => Value(candidate, drawn)));
        string[] columns =
        [
            "#Rank",
            "Trainer",
            "Settings",
            .. metrics.Take(1).SelectMany(metric => new[] { "#" + ReportText.MetricName(metric), "" }),
            .. metrics.Skip(1).Select(metric => "#" + ReportText.MetricName(metric)),
            "#Fit",
        ];
        using (ReportTables.Table(html, "The candidates on the validation rows, best first", columns))
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
                    }

                    html.Element(
                        "td",
                        ReportText.Settings(candidate.Hyperparameters.Where(setting => varying.Contains((candidate.Trainer, setting.Key)))),
                        ("class", "settings"));
                    foreach (var metric in metrics)
                    {
                        ReportTables.Number(html, ReportText.Metric(Value(candidate, metric)));
                        if (metric == drawn)
                        {
                            plot.Cell(rank == selected ? "candidate" : "champion", IsBaseline(candidate) ? null : Value(candidate, metric));
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

    private static double Value(CandidateResult candidate, string metric) => candidate.Validation.GetValueOrDefault(metric, double.NaN);
}
