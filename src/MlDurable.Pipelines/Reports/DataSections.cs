using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>What the run was made from, and how to make it again.</summary>
internal static class DataSections
{
    private const int SplitWidth = 720;
    private const int SplitHeight = 32;

    // Enough to see how the champion came about; the registry itself keeps all of it.
    private const int EventsShown = 20;

    // A year of daily partitions would push the findings off the screen; they open on request.
    private const int NamesShown = 20;

    public static void WriteQuality(HtmlWriter html, ReportModel model)
    {
        var clean = model.Quality.Where(partition => partition.Passed && partition.Findings.Length == 0).ToList();
        if (clean.Count > 0)
        {
            using (html.Open("details", ("open", clean.Count <= NamesShown ? "open" : null)))
            {
                html.Element("summary", $"{ReportText.Counted(clean.Count, "partition")} met every expectation");
                using (html.Open("p", ("class", "detail")))
                {
                    foreach (var partition in clean)
                    {
                        html.Element("span", partition.Partition, ("class", "name")).Text(" ");
                    }
                }
            }
        }

        foreach (var partition in model.Quality.Where(partition => !partition.Passed || partition.Findings.Length > 0))
        {
            using (html.Open("h3"))
            {
                html.Text(partition.Partition + " ");
                ReportTables.Tag(html, partition.Passed ? "warn" : "bad", partition.Passed ? "passed with warnings" : "quarantined");
            }

            using (html.Open("p", ("class", "detail")))
            {
                html.Text("Content ");
                ReportTables.Hash(html, partition.Hash);
                html.Text($", {ReportText.Counted(partition.Findings.Length, "broken expectation")}.");
            }

            var caption = "Broken expectations of " + partition.Partition;
            using (ReportTables.Table(html, caption, "Level", "Rule", "Column", "Found", "Expected", "#Pipeline line"))
            using (html.Open("tbody"))
            {
                foreach (var finding in partition.Findings)
                {
                    using (html.Open("tr"))
                    {
                        using (html.Open("td"))
                        {
                            ReportTables.Tag(html, finding.Level == QualityFinding.Error ? "bad" : "warn", finding.Level);
                        }

                        html.Element("th", finding.Rule, ("scope", "row"));
                        html.Element("td", finding.Column ?? "the whole partition").Element("td", finding.Found).Element("td", finding.Expected);
                        ReportTables.Number(html, finding.PipelineLine is { } line ? ReportText.Count(line) : "learned");
                    }
                }
            }
        }
    }

    public static void WriteWork(HtmlWriter html, ReportModel model, RunWork work)
    {
        // A run that stopped early did not come to the rest: that is neither done nor reused.
        var decided = model.Run.Outcome is not (null or RunOutcome.Quarantined);
        using (ReportTables.Table(html, "What this run did, and what it took from earlier ones", "Step", "#Done now", "#Reused", "#All"))
        using (html.Open("tbody"))
        {
            Row("Partitions validated", work.Validated, work.Partitions);
            Row("Partitions featurized", work.Featurized, work.Partitions);
            Row("Candidates trained", work.Trained, work.Candidates);
        }

        html.Element(
            "p",
            "Content decides what is reused: the same data, settings and code give the same result, so it is not computed again.",
            ("class", "hint"));

        void Row(string step, int done, int all)
        {
            using (html.Open("tr"))
            {
                html.Element("th", step, ("scope", "row"));
                ReportTables.Number(html, ReportText.Count(done));
                ReportTables.Number(html, decided ? ReportText.Count(all - done) : ReportText.None);
                ReportTables.Number(html, ReportText.Count(all));
            }
        }
    }

    public static void WriteLineage(HtmlWriter html, ReportModel model)
    {
        var dataset = model.Dataset ?? model.Manifest?.Dataset;
        if (dataset is not null)
        {
            WriteSplit(html, dataset.Split);
            WritePartitions(html, dataset, model.Plan);
        }
        else if (model.Plan is { Partitions.Length: > 0 } plan)
        {
            using (ReportTables.Table(html, "Partitions in the window", "Partition", "Content", "#Bytes"))
            using (html.Open("tbody"))
            {
                foreach (var partition in plan.Partitions)
                {
                    using (html.Open("tr"))
                    {
                        html.Element("th", partition.Name, ("scope", "row"));
                        using (html.Open("td"))
                        {
                            ReportTables.Hash(html, partition.Hash);
                        }

                        ReportTables.Number(html, ReportText.Count(partition.Length));
                    }
                }
            }
        }

        using (html.Open("dl", ("class", "facts")))
        {
            foreach (var (name, value) in Facts(model, dataset))
            {
                html.Element("dt", name);
                using (html.Open("dd"))
                {
                    html.Element("code", value);
                }
            }
        }
    }

    public static void WriteVersions(HtmlWriter html, ReportModel model)
    {
        var registry = model.Registry;
        var caption = $"Versions of {registry.Model}, newest first";
        using (ReportTables.Table(html, caption, "#Version", "Aliases", "Status", "Trainer", "Metric", "#Value", "Run", "Created"))
        using (html.Open("tbody"))
        {
            foreach (var version in registry.Versions.OrderByDescending(version => version.Number).Take(EventsShown))
            {
                WriteVersion(html, registry, version);
            }
        }

        if (registry.History.Length > 0)
        {
            using (ReportTables.Table(html, "Changes of aliases, newest first", "When", "Alias", "Change", "By", "Why"))
            using (html.Open("tbody"))
            {
                foreach (var change in registry.History.Reverse().Take(EventsShown))
                {
                    using (html.Open("tr"))
                    {
                        html.Element("td", ReportText.Instant(change.At)).Element("td", change.Alias);
                        html.Element("td", change.From is { } from ? $"v{from} → v{change.To}" : $"v{change.To}");
                        html.Element("td", change.By).Element("td", change.Reason);
                    }
                }
            }
        }
    }

    public static void WriteReproduce(HtmlWriter html, Manifest manifest)
    {
        html.Element("p", "Trains the candidate again from its manifest and says whether the model file is the same, bit for bit:");
        using (html.Open("pre"))
        {
            html.Element("code", $"mldurable reproduce {manifest.RunId}");
        }

        var environment = manifest.Environment;
        html.Element(
            "p",
            $"It is promised where the operating system ({environment.Os}), the processor architecture ({environment.Architecture}), "
            + $"the .NET runtime ({environment.Runtime}) and the learning code ({ReportText.ShortHash(environment.CodeHash)}) are the same; "
            + "elsewhere the last digits may differ.",
            ("class", "hint"));
    }

    private static void WriteVersion(HtmlWriter html, RegistryDocument registry, ModelVersion version)
    {
        using (html.Open("tr", ("class", version.Number == registry.ChampionVersion ? "primary" : null)))
        {
            ReportTables.Number(html, ReportText.Count(version.Number));
            using (html.Open("td"))
            {
                foreach (var alias in registry.Aliases.Where(alias => alias.Value == version.Number).Select(alias => alias.Key))
                {
                    ReportTables.Tag(html, "accent", alias);
                    html.Text(" ");
                }

                if (version.Number == registry.AnchorVersion)
                {
                    ReportTables.Tag(html, "calm", "anchor");
                }
            }

            html.Element("td", version.Status.ToString().ToLowerInvariant()).Element("td", version.Trainer);
            html.Element("td", ReportText.MetricName(version.Metric));
            ReportTables.Number(html, ReportText.Metric(version.Value));
            using (html.Open("td"))
            {
                html.Element("code", version.RunId);
            }

            html.Element("td", ReportText.Instant(version.CreatedAt));
        }
    }

    private static void WriteSplit(HtmlWriter html, SplitLineage split)
    {
        (string CssClass, string Name, int Rows, DateTimeOffset? From)[] parts =
        [
            ("training", "Training", split.TrainingRows, split.WindowFrom),
            ("validation", "Validation", split.ValidationRows, split.ValidationFrom),
            ("holdout", "Holdout", split.HoldoutRows, split.HoldoutFrom),
        ];
        var total = parts.Sum(part => (long)part.Rows);
        using (html.Open("figure"))
        {
            using (html.Open("ul", ("class", "legend")))
            {
                foreach (var (cssClass, name, rows, from) in parts)
                {
                    using (html.Open("li"))
                    {
                        using (SvgChart.OpenHidden(html, "swatch", 22, 8))
                        {
                            html.Void("rect", ("class", cssClass), ("x", "0"), ("y", "0"), ("width", "22"), ("height", "8"));
                        }

                        html.Text($" {name} ").Element("b", ReportText.Counted(rows, "row"));
                        html.Text(from is { } start ? $" from {ReportText.Boundary(start)}" : "");
                    }
                }
            }

            using (SvgChart.Open(
                html, "split", SplitWidth, SplitHeight, "How the rows were divided",
                string.Join(", ", parts.Select(part => $"{part.Name} {ReportText.Counted(part.Rows, "row")}")) + ".", "chart wide"))
            {
                var done = 0L;
                foreach (var (cssClass, _, rows, _) in parts)
                {
                    var (left, right) = (Edge(done), Edge(done + rows));
                    html.Void(
                        "rect",
                        ("class", cssClass),
                        ("x", SvgChart.Coordinate(left)),
                        ("y", "0"),
                        ("width", SvgChart.Coordinate(right - left)),
                        ("height", SvgChart.Coordinate(SplitHeight)));
                    done += rows;
                }
            }

            html.Element(
                "figcaption",
                split.By == "time"
                    ? "Divided by time: models learn from the past and are judged on what came after."
                    : "Divided by a hash of each row: a row is on the same side in every run.");
        }

        double Edge(long rows) => total == 0 ? 0 : (double)rows / total * SplitWidth;
    }

    private static void WritePartitions(HtmlWriter html, DatasetLineage dataset, RunPlan? plan)
    {
        using (ReportTables.Table(html, "Partitions in the window", "Partition", "Content", "#Rows with a label", "In this run"))
        using (html.Open("tbody"))
        {
            foreach (var partition in dataset.Partitions)
            {
                using (html.Open("tr"))
                {
                    html.Element("th", partition.Name, ("scope", "row"));
                    using (html.Open("td"))
                    {
                        ReportTables.Hash(html, partition.Hash);
                    }

                    ReportTables.Number(html, ReportText.Count(partition.Rows));
                    html.Element(
                        "td",
                        plan?.Partitions.FirstOrDefault(planned => planned.Name == partition.Name) switch
                        {
                            null => ReportText.None,
                            { Validated: true, Featurized: true } => "reused",
                            { Validated: true } => "featurized",
                            { Featurized: true } => "validated",
                            _ => "validated and featurized",
                        });
                }
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> Facts(ReportModel model, DatasetLineage? dataset)
    {
        yield return ("Pipeline file", model.Run.PipelineHash);
        foreach (var (name, value) in model.Run.Parameters)
        {
            yield return ("Parameter " + name, value);
        }

        if ((model.Manifest?.Seed ?? model.Plan?.Seed) is { } seed)
        {
            yield return ("Seed", seed.ToString());
        }

        if (dataset is not null)
        {
            yield return ("Rows and their division", dataset.Hash);
        }

        if ((dataset?.FeatureSet ?? model.Plan?.FeatureSet) is { } features)
        {
            yield return ("Feature set", features);
        }

        if (model.Plan is { } plan)
        {
            yield return ("Expectations", plan.QualityHash);
        }

        if (model.Evaluation is { } evaluation)
        {
            yield return ("Compared rows", evaluation.Rows.Hash);
        }

        if ((model.Manifest?.Environment.CodeHash ?? model.Plan?.CodeHash) is { } code)
        {
            yield return ("Learning code", code);
        }

        if (model.Manifest is { } manifest)
        {
            yield return ("Trainer", $"{manifest.Trainer} {manifest.TrainerVersion}");
            if (manifest.Transforms is { } transforms)
            {
                yield return ("Transforms", ReportText.Versions(transforms));
            }

            yield return ("Settings", ReportText.Settings(manifest.Hyperparameters));
            yield return ("Model file", manifest.ModelHash);
            var environment = manifest.Environment;
            yield return (
                "Environment", $"{environment.Os}, {environment.Architecture}, .NET {environment.Runtime}, MlDurable {environment.Product}");
        }
    }
}
