using System.Globalization;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>
/// The card of a model version, in Markdown, after Mitchell et al., "Model cards for model reporting" (FAT* 2019): what it is, what it was made from,
/// how good it is and for whom, and what to beware of. The same model gives the same bytes. Thread-safe.
/// </summary>
public static class ModelCard
{
    private const int SlicesShown = 20;
    private const int ImportancesShown = 10;

    /// <summary>Renders the card of the candidate of a run.</summary>
    /// <param name="model">What is known of the run that made the version; parts that it did not reach are left out.</param>
    /// <returns>The card, as text to be written in UTF-8.</returns>
    public static string Render(ReportModel model)
    {
        var card = new StringBuilder();
        var version = model.Run.Version is { } number ? $", version {number}" : "";
        Heading(card, 1, model.Run.Model + version);
        // The card is written when the version is registered, before the run has ended: until then the verdict speaks.
        if (model.Run.Status != RunStatus.Running)
        {
            Paragraph(card, $"{RunBadge.Of(model).Word}. {model.Run.Summary ?? model.Verdict?.Summary}".TrimEnd());
        }
        else if (model.Verdict is { } verdict)
        {
            Paragraph(card, verdict.Summary);
        }

        foreach (var warning in model.Warnings)
        {
            card.Append("> **Warning:** ").Append(Escape(warning)).Append("\n\n");
        }

        WriteModel(card, model);
        WriteData(card, model.Manifest?.Dataset ?? model.Dataset);
        if (model.Evaluation is { } evaluation)
        {
            WritePerformance(card, evaluation);
            WriteSlices(card, evaluation);
            WriteImportance(card, evaluation);
        }

        WriteCaveats(card, model);
        if (model.Manifest is { } manifest)
        {
            Heading(card, 2, "How to make it again");
            card.Append("```\nmldurable reproduce ").Append(manifest.RunId.ReplaceLineEndings(" ").Replace('`', '\'')).Append("\n```\n\n");
        }

        return card.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteModel(StringBuilder card, ReportModel model)
    {
        Heading(card, 2, "Model");
        Fact(card, "Pipeline", model.Run.Pipeline);
        Fact(card, "Run", model.Run.RunId);
        if (model.Run.Approval is { } approval)
        {
            Fact(card, "Approval", $"{approval.Summary} ({ReportText.Instant(approval.DecidedAt)})");
        }

        if (model.Manifest is { } manifest)
        {
            Fact(card, "Made", ReportText.Instant(manifest.CreatedAt));
            Fact(card, "Trainer", $"{manifest.Trainer} {manifest.TrainerVersion}");
            if (manifest.Transforms is { } transforms)
            {
                Fact(card, "Transforms", ReportText.Versions(transforms));
            }

            Fact(card, "Settings", ReportText.Settings(manifest.Hyperparameters));
            if (manifest.Calibration != CalibrationMethod.None)
            {
                Fact(card, "Calibration", $"{manifest.Calibration.ToString().ToLowerInvariant()}, on validation rows");
            }

            Fact(card, "Seed", manifest.Seed.ToString(CultureInfo.InvariantCulture));
            Fact(card, "Model file", manifest.ModelHash);
        }

        if (model.Evaluation?.Candidate is { Threshold: { } threshold } candidate)
        {
            Fact(card, "Calls a row positive", $"from a probability of {ReportText.Metric(threshold)}, {ReportText.Rule(candidate.ThresholdRule)}");
        }

        card.Append('\n');
    }

    private static void WriteData(StringBuilder card, DatasetLineage? dataset)
    {
        if (dataset is null)
        {
            return;
        }

        var split = dataset.Split;
        Heading(card, 2, "Data");
        Row(card, "Part", "Rows", "From");
        card.Append("| --- | ---: | --- |\n");
        Row(card, "Training", ReportText.Count(split.TrainingRows), ReportText.Boundary(split.WindowFrom));
        Row(card, "Validation", ReportText.Count(split.ValidationRows), ReportText.Boundary(split.ValidationFrom));
        Row(card, "Holdout", ReportText.Count(split.HoldoutRows), ReportText.Boundary(split.HoldoutFrom));
        card.Append('\n');
        Paragraph(
            card,
            $"Divided by {split.By}. {ReportText.Counted(dataset.Partitions.Length, "partition")}: "
            + string.Join(", ", dataset.Partitions.Select(partition => partition.Name)) + ".");
    }

    private static void WritePerformance(StringBuilder card, Evaluation evaluation)
    {
        var rows = evaluation.Rows;
        EvaluatedModel[] models = [.. new[] { evaluation.Candidate, evaluation.Champion, evaluation.Baseline }.OfType<EvaluatedModel>()];
        Heading(card, 2, "Performance");
        Paragraph(
            card,
            $"On {ReportText.Counted(rows.Compared, "row")} that it had not seen{(rows.ComparedPositives is { } positives ? $", {ReportText.Counted(positives, "positive")}" : "")}"
            + (rows is { From: { } from, To: { } to } ? $", from {ReportText.Boundary(from)} to {ReportText.Boundary(to)}." : "."));
        Row(card, ["Metric", .. models.Select(evaluated => evaluated.Role)]);
        card.Append("| --- |").Insert(card.Length, " ---: |", models.Length).Append('\n');
        foreach (var metric in evaluation.Candidate.Metrics.Select(estimate => estimate.Metric))
        {
            Row(
                card,
                [
                    ReportText.MetricName(metric) + (MetricCatalog.Find(metric) is { HigherIsBetter: false } ? " (lower is better)" : ""),
                    .. models.Select(evaluated => evaluated.Metrics.FirstOrDefault(estimate => estimate.Metric == metric) is { } estimate
                        ? $"{ReportText.Metric(estimate.Value)} ({ReportText.Ends(estimate.Interval)})"
                        : ReportText.None),
                ]);
        }

        card.Append('\n');
        if (evaluation.Candidate.Metrics is [var first, ..])
        {
            Paragraph(card, $"In brackets: the {ReportText.Percent(first.Interval.Confidence)} bootstrap interval.");
        }

        if (evaluation.Candidate.Confusion is var (hits, alarms, rejections, misses))
        {
            Paragraph(
                card,
                $"At its threshold it finds {ReportText.Count(hits)} of {ReportText.Counted(hits + misses, "positive row")} "
                + $"({ReportText.Percent(hits, hits + misses)}), with {ReportText.Counted(alarms, "false alarm")} among "
                + $"{ReportText.Counted(alarms + rejections, "negative row")} ({ReportText.Percent(alarms, alarms + rejections)}).");
        }

        if (evaluation.Candidate.Errors is { Quantiles: [var lowest, _, var median, _, var highest] })
        {
            Paragraph(
                card,
                $"Of its errors (prediction less truth) 90 % lie between {ReportText.Metric(lowest)} and {ReportText.Metric(highest)}; half are below {ReportText.Metric(median)}.");
        }
    }

    private static void WriteSlices(StringBuilder card, Evaluation evaluation)
    {
        var slices = evaluation.Slices.Where(slice => slice.Finding != SliceFinding.TooSmall).Take(SlicesShown).ToList();
        if (slices.Count == 0)
        {
            return;
        }

        Heading(card, 2, "Slices");
        var isBinary = evaluation.Task == LearningTask.Binary;
        Row(card, ["Slice", "Rows", .. isBinary ? ["Positives"] : Array.Empty<string>(), ReportText.MetricName(evaluation.Primary), "Gain over the champion"]);
        card.Append("| ---").Insert(card.Length, " | ---:", isBinary ? 4 : 3).Append(" |\n");
        foreach (var slice in slices)
        {
            Row(
                card,
                [
                    $"{slice.Column}: {slice.Value}",
                    ReportText.Count(slice.Rows),
                    .. slice.Positives is { } positives ? [ReportText.Count(positives)] : Array.Empty<string>(),
                    ReportText.Metric(slice.Candidate),
                    slice.Difference is { } difference
                        ? $"{ReportText.Signed(difference.Delta)} ({ReportText.SignedEnds(difference.Interval)})"
                        : ReportText.None,
                ]);
        }

        card.Append('\n');
    }

    private static void WriteImportance(StringBuilder card, Evaluation evaluation)
    {
        if (evaluation.Importance.Length == 0)
        {
            return;
        }

        Heading(card, 2, "What it looks at");
        Paragraph(card, $"Loss of {ReportText.MetricName(evaluation.Primary)} when a column is shuffled, with its standard error.");
        foreach (var importance in evaluation.Importance.Take(ImportancesShown))
        {
            Fact(card, importance.Feature, $"{ReportText.Signed(importance.Mean)} ± {ReportText.Metric(importance.StandardError)}");
        }

        card.Append('\n');
    }

    private static void WriteCaveats(StringBuilder card, ReportModel model)
    {
        List<string> caveats = [];
        var worse = model.Evaluation?.Slices.Where(slice => slice.Finding is SliceFinding.ShownWorse or SliceFinding.NotShownNonInferior).ToList() ?? [];
        if (worse.Count > 0)
        {
            caveats.Add("It is weaker than its champion on: " + string.Join(", ", worse.Select(slice => $"{slice.Column} = {slice.Value}")) + ".");
        }

        var small = model.Evaluation?.Slices.Count(slice => slice.Finding == SliceFinding.TooSmall) ?? 0;
        if (small > 0)
        {
            caveats.Add($"{ReportText.Counted(small, "slice")} had too few rows to be judged; how good it is there is not known.");
        }

        if (model.Verdict is { } verdict)
        {
            caveats.AddRange(verdict.Findings.Where(finding => !finding.Passed).Select(finding => $"Check not passed, {finding.Check}: {finding.Detail}"));
        }

        caveats.AddRange(
            model.Quality.SelectMany(partition => partition.Findings
                .Where(finding => finding.Level == QualityFinding.Warning)
                .Select(finding => $"{partition.Partition}, {finding.Column ?? "whole partition"}: found {finding.Found}, expected {finding.Expected}.")));
        caveats.Add("It was judged on data like that above. On rows of another kind, place or time its quality is not known until it is measured.");

        Heading(card, 2, "Beware");
        foreach (var caveat in caveats)
        {
            card.Append("- ").Append(Escape(caveat)).Append('\n');
        }

        card.Append('\n');
    }

    private static void Heading(StringBuilder card, int level, string text) =>
        card.Append('#', level).Append(' ').Append(Escape(text)).Append("\n\n");

    private static void Paragraph(StringBuilder card, string text) => card.Append(Escape(text)).Append("\n\n");

    private static void Fact(StringBuilder card, string name, string value) =>
        card.Append("- **").Append(Escape(name)).Append(":** ").Append(Escape(value)).Append('\n');

    private static void Row(StringBuilder card, params ReadOnlySpan<string> cells)
    {
        card.Append('|');
        foreach (var cell in cells)
        {
            card.Append(' ').Append(Escape(cell)).Append(" |");
        }

        card.Append('\n');
    }

    // CommonMark: a backslash takes the meaning from any ASCII punctuation. Only the characters that could begin a construct in running text
    // are escaped, so that the source stays readable; HTML, links and tables are not possible without them.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029)
            {
                escaped.Append(' ');
                continue;
            }

            if (rune.Value is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '&' or '~')
            {
                escaped.Append('\\');
            }

            escaped.Append(rune.ToString());
        }

        return escaped.ToString();
    }
}
