using MlDurable.Learning.Features;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>
/// The report of a run: one HTML document that needs nothing else, no network, no script. The same model gives the same bytes. Thread-safe.
/// </summary>
public static class HtmlReport
{
    private static readonly ReportSection[] Sections =
    [
        new("warnings", "Warnings", model => model.Warnings.Length > 0, DecisionSections.WriteWarnings),
        ReportSection.Of("failure", "What failed", model => model.Run.Failure, (html, _, failure) => DecisionSections.WriteFailure(html, failure)),
        ReportSection.Of("decision", "Why", model => model.Verdict, DecisionSections.WriteDecision),
        ReportSection.Of("approval", "Approval", model => model.Run.Approval, (html, _, approval) => DecisionSections.WriteApproval(html, approval)),
        Evidence("metrics", "Metrics", MetricSections.WriteMetrics),
        Evidence("curves", "Ranking", MetricSections.WriteCurves, evaluation => evaluation.Task == LearningTask.Binary),
        Evidence("calibration", "Calibration", MetricSections.WriteCalibration, evaluation => evaluation.Task == LearningTask.Binary),
        Evidence("confusion", "Decisions", MetricSections.WriteConfusion, evaluation => evaluation.Candidate.Confusion is not null),
        ReportSection.Of("classes", "Classes", model => model.Evaluation?.Candidate.ClassConfusion, (html, _, confusion) => ClassSection.Write(html, confusion)),
        ReportSection.Of("errors", "Errors", model => model.Evaluation?.Candidate.Errors, (html, _, errors) => ErrorSection.Write(html, errors)),
        Evidence("slices", "Slices", SliceSection.Write, evaluation => evaluation.Slices.Length > 0),
        Evidence("importance", "Importance", MetricSections.WriteImportance, evaluation => evaluation.Importance.Length > 0),
        ReportSection.Of(
            "effects",
            "Effects",
            model => model.Explanation is { } explanation && EffectSections.HasAny(explanation) ? explanation : null,
            (html, _, explanation) => EffectSections.Write(html, explanation)),
        new("leaderboard", "Leaderboard", model => model.Run.Leaderboard.Length > 0, LeaderboardSection.Write),
        new("quality", "Data quality", model => model.Quality.Length > 0, DataSections.WriteQuality),
        ReportSection.Of("work", "Work and reuse", model => model.Run.Work, DataSections.WriteWork),
        new("lineage", "Lineage", _ => true, DataSections.WriteLineage),
        new("versions", "Versions", model => model.Registry.Versions.Length > 0, DataSections.WriteVersions),
        ReportSection.Of("reproduce", "Reproduce", model => model.Manifest, (html, _, manifest) => DataSections.WriteReproduce(html, manifest)),
    ];

    /// <summary>Renders the report.</summary>
    /// <param name="model">What is known of the run; parts that it did not reach are left out.</param>
    /// <returns>The document, as text to be written in UTF-8. It is well-formed XML after its first line.</returns>
    public static string Render(ReportModel model)
    {
        var html = new HtmlWriter();
        var sections = Array.FindAll(Sections, section => section.IsPresent(model));
        using (html.Open("html", ("lang", "en")))
        {
            WriteHead(html, model.Run);
            using (html.Open("body"))
            {
                WriteHeader(html, model);
                using (html.Open("div", ("class", "page")))
                {
                    WriteContents(html, sections);
                    using (html.Open("main"))
                    {
                        foreach (var section in sections)
                        {
                            using (html.Open("section", ("id", section.Id), ("aria-labelledby", section.Id + "-heading")))
                            {
                                html.Element("h2", section.Title, ("id", section.Id + "-heading"));
                                section.Write(html, model);
                            }
                        }
                    }
                }

                using (html.Open("footer"))
                {
                    html.Element(
                        "p",
                        $"Run {model.Run.RunId} of pipeline {model.Run.Pipeline}. All times are UTC. This page loads nothing and runs no script.");
                }
            }
        }

        return "<!DOCTYPE html>" + html + "\n";
    }

    private static void WriteHead(HtmlWriter html, RunRecord run)
    {
        using (html.Open("head"))
        {
            html.Void("meta", ("charset", "utf-8"));
            html.Void("meta", ("http-equiv", "Content-Security-Policy"), ("content", ReportStyle.ContentSecurityPolicy));
            html.Void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            html.Void("meta", ("name", "color-scheme"), ("content", "light dark"));
            html.Void("meta", ("name", "referrer"), ("content", "no-referrer"));
            html.Element("title", $"{run.Pipeline}: run {run.RunId}");
            html.Element("style", ReportStyle.Sheet);
        }
    }

    private static void WriteHeader(HtmlWriter html, ReportModel model)
    {
        var run = model.Run;
        var badge = RunBadge.Of(model);
        using (html.Open("header"))
        {
            html.Element("p", "Run report", ("class", "kicker"));
            html.Element("h1", run.Pipeline);
            using (html.Open("p", ("class", "byline")))
            {
                html.Text("Run ").Element("code", run.RunId).Text(" for model ").Element("b", run.Model).Text(" · ");
                html.Element("time", ReportText.Instant(run.StartedAt), ("datetime", ReportText.Instant(run.StartedAt)));
                html.Text(run.FinishedAt is { } finished
                    ? " · took " + ReportText.Seconds((finished - run.StartedAt).TotalSeconds)
                    : " · not finished");
            }

            using (html.Open("div", ("class", "verdict " + badge.Tone), ("id", "outcome")))
            {
                using (SvgChart.OpenHidden(html, "icon", 24, 24))
                {
                    html.Void("path", ("d", badge.Icon));
                }

                using (html.Open("div"))
                {
                    html.Element("p", badge.Word, ("class", "word"));
                    html.Element("p", run.Summary ?? model.Verdict?.Summary ?? badge.Meaning, ("class", "summary"));
                    if (run.Summary is not null || model.Verdict is not null)
                    {
                        html.Element("p", badge.Meaning, ("class", "meaning"));
                    }
                }
            }

            WriteKeyFigures(html, model);
        }
    }

    private static void WriteKeyFigures(HtmlWriter html, ReportModel model)
    {
        using (html.Open("dl", ("class", "figures")))
        {
            if (model.Evaluation is { } evaluation)
            {
                var primary = evaluation.Candidate.Metrics.FirstOrDefault(estimate => estimate.Metric == evaluation.Primary);
                if (primary is not null)
                {
                    Figure(
                        "Candidate " + ReportText.MetricName(primary.Metric),
                        ReportText.Metric(primary.Value),
                        $"{ReportText.Percent(primary.Interval.Confidence)} interval {ReportText.Ends(primary.Interval)}");
                }

                if (evaluation.VersusChampion.FirstOrDefault(difference => difference.Metric == evaluation.Primary) is { } gain)
                {
                    Figure(
                        "Gain over the champion",
                        ReportText.Signed(gain.Delta),
                        $"{ReportText.Percent(gain.Interval.Confidence)} interval {ReportText.SignedEnds(gain.Interval)}");
                }

                Figure(
                    "Rows compared",
                    ReportText.Count(evaluation.Rows.Compared),
                    (evaluation.Rows.ComparedPositives is { } positives ? $"{ReportText.Counted(positives, "positive")}, " : "") + "seen by none of the models");
            }

            Figure(
                "Champion",
                Version(model.Run.ChampionAfter),
                model.Run.ChampionBefore == model.Run.ChampionAfter ? "as before the run" : $"before the run: {Version(model.Run.ChampionBefore)}");
        }

        void Figure(string name, string value, string detail)
        {
            using (html.Open("div"))
            {
                html.Element("dt", name).Element("dd", value, ("class", "value")).Element("dd", detail, ("class", "detail"));
            }
        }

        static string Version(int? version) => version is { } number ? $"version {number}" : "none";
    }

    private static void WriteContents(HtmlWriter html, ReportSection[] sections)
    {
        using (html.Open("nav", ("aria-label", "Contents")))
        using (html.Open("ul"))
        {
            foreach (var section in sections)
            {
                using (html.Open("li"))
                {
                    html.Element("a", section.Title, ("href", "#" + section.Id));
                }
            }
        }
    }

    private static ReportSection Evidence(
        string id, string title, Action<HtmlWriter, Evaluation> write, Predicate<Evaluation>? isPresent = null) =>
        ReportSection.Of(
            id,
            title,
            model => model.Evaluation is { } evaluation && isPresent?.Invoke(evaluation) != false ? evaluation : null,
            (html, _, evaluation) => write(html, evaluation));

    private sealed record ReportSection(string Id, string Title, Predicate<ReportModel> IsPresent, Action<HtmlWriter, ReportModel> Write)
    {
        /// <summary>A section about a part of the model, present when the part is.</summary>
        public static ReportSection Of<T>(string id, string title, Func<ReportModel, T?> part, Action<HtmlWriter, ReportModel, T> write)
            where T : class =>
            new(id, title, model => part(model) is not null, (html, model) => write(html, model, part(model)!));
    }
}
