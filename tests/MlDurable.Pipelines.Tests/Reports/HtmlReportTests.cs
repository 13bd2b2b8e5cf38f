using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;
using Interval = MlDurable.Learning.Judging.Interval;

namespace MlDurable.Pipelines.Tests.Reports;

public sealed partial class HtmlReportTests
{
    private static readonly Dictionary<string, Func<ReportModel>> Samples = new()
    {
        ["promoted"] = SampleReport.Promoted,
        ["first champion"] = SampleReport.FirstChampion,
        ["quarantined"] = SampleReport.Quarantined,
        ["failed"] = SampleReport.Failed,
        ["running"] = SampleReport.Running,
    };

    public static TheoryData<string> SampleNames => [.. Samples.Keys];

    [Theory]
    [InlineData("promoted", "warnings decision approval metrics curves calibration confusion slices importance effects leaderboard quality work lineage versions reproduce")]
    [InlineData("first champion", "decision approval metrics curves calibration confusion slices importance effects leaderboard quality work lineage versions reproduce")]
    [InlineData("quarantined", "quality work lineage versions")]
    [InlineData("failed", "failure lineage versions")]
    [InlineData("running", "lineage")]
    public void Render_Run_HasTheSectionsThatItReached(string sample, string expected)
    {
        var document = Parse(HtmlReport.Render(Samples[sample]()));

        var sections = document.Descendants("section").Select(section => section.Attribute("id")!.Value).ToList();
        Assert.Equal(expected.Split(' '), sections);
        Assert.Equal(sections, document.Descendants("nav").Descendants("a").Select(link => link.Attribute("href")!.Value[1..]));
    }

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void Render_AnyRun_LoadsNothingAndRunsNoScript(string sample)
    {
        var markup = HtmlReport.Render(Samples[sample]());
        var document = Parse(markup);

        Assert.DoesNotContain("http", markup.Replace("http://www.w3.org/2000/svg", "").Replace("http-equiv", ""), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", markup, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", markup, StringComparison.Ordinal);
        Assert.DoesNotContain(document.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "base");
        Assert.DoesNotContain(
            document.Descendants().Attributes(),
            attribute => attribute.Name.LocalName is "src" or "style" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.All(document.Descendants().Attributes("href"), link => Assert.StartsWith("#", link.Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void Render_AnyRun_IsAccessible(string sample)
    {
        var document = Parse(HtmlReport.Render(Samples[sample]()));

        var ids = document.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(
            document.Descendants().Attributes("aria-labelledby").SelectMany(names => names.Value.Split(' ')),
            name => Assert.Contains(name, ids));
        Assert.Equal("en", document.Root!.Attribute("lang")!.Value);
        Assert.Single(document.Descendants("h1"));
        Assert.All(document.Descendants("th"), heading => Assert.NotNull(heading.Attribute("scope")));
        Assert.All(document.Descendants("table"), table => Assert.NotEmpty(table.Element("caption")!.Value));
        Assert.All(Drawings(document), drawing => Assert.True(
            drawing.Attribute("aria-hidden")?.Value == "true"
            || (drawing.Attribute("role")?.Value == "img" && drawing.Elements().Take(2).Select(child => child.Name.LocalName).SequenceEqual(["title", "desc"]))));
    }

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void Render_SameModelTwice_GivesTheSameBytes(string sample) =>
        Assert.Equal(HtmlReport.Render(Samples[sample]()), HtmlReport.Render(Samples[sample]()));

    [Fact]
    public void Render_Explanation_ShowsEveryColumnAndValue()
    {
        var effects = Parse(HtmlReport.Render(SampleReport.Promoted())).Descendants("section").Single(section => section.Attribute("id")!.Value == "effects");

        var text = effects.Value;
        foreach (var part in new[] { "Number of engines struck", "0.4100", "(missing)", "31 %", "Without a value: 9 %", "2.3100", "1,000 rows" })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }

        Assert.Single(Drawings(new XDocument(new XElement(effects))), drawing => drawing.Attribute("role")?.Value == "img");
    }

    [Theory]
    [InlineData(ScoreUnit.LogOdds, "Each row's score, in log-odds, is the mean score")]
    [InlineData(ScoreUnit.Probability, "Each row's score, its probability, is the mean score")]
    public void Render_Contributions_SayWhatTheScoreIs(ScoreUnit unit, string text)
    {
        var model = SampleReport.Promoted();

        Assert.Contains(text, Parse(HtmlReport.Render(model with { Explanation = model.Explanation! with { Unit = unit } })).Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_ModelThatCannotBeExplained_SaysWhy()
    {
        var model = SampleReport.Promoted();
        var markup = HtmlReport.Render(model with { Explanation = model.Explanation! with { Contributions = [], BaseValue = null, Obstacle = "It is a riddle." } });
        Assert.Contains("It is a riddle.", markup, StringComparison.Ordinal);
        Assert.DoesNotContain("Mean push", markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_ImportanceOfARecordWithoutIntervals_ShowsStandardErrors()
    {
        var model = SampleReport.Promoted();
        var evaluation = model.Evaluation!;
        var old = evaluation with { Importance = [.. evaluation.Importance.Select(one => one with { Interval = null })] };
        Assert.Contains("95 % interval", Importance(evaluation), StringComparison.Ordinal);
        Assert.DoesNotContain("Standard error", Importance(evaluation), StringComparison.Ordinal);
        Assert.Contains("Standard error", Importance(old), StringComparison.Ordinal);
        Assert.DoesNotContain("interval", Importance(old), StringComparison.Ordinal);

        string Importance(Evaluation shown) => Parse(HtmlReport.Render(model with { Evaluation = shown }))
            .Descendants("section").Single(section => section.Attribute("id")!.Value == "importance").Value;
    }

    [Fact]
    public void Render_TypicalRun_StaysSmall() =>
        Assert.InRange(Encoding.UTF8.GetByteCount(HtmlReport.Render(SampleReport.Promoted())), 50_000, 250_000);

    [Fact]
    public void Render_ContentSecurityPolicy_AllowsThisStyleSheetOnly()
    {
        var document = Parse(HtmlReport.Render(SampleReport.Running()));

        var sheet = document.Descendants("style").Single().Value;
        var policy = document.Descendants("meta").Single(meta => meta.Attribute("http-equiv") is not null).Attribute("content")!.Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(sheet)));
        Assert.Equal($"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'", policy);
        Assert.DoesNotContain(sheet, character => character is '<' or '>' or '&' or '"' or '\'' or '\r');
    }

    [Fact]
    public void Render_ScriptInEveryText_ChangesNoElement()
    {
        var plain = SampleReport.Promoted();
        const string Attack = "</style></title><script>alert(1)</script>\"' onload='x";

        var document = Parse(HtmlReport.Render(HostileReport.With(plain, Attack)));

        Assert.Equal(Elements(Parse(HtmlReport.Render(plain))), Elements(document));
        foreach (var place in new[] { "h1", "title", "h3", "th", "td", "dt", "dd", "code", "li", "span", "p" })
        {
            Assert.Contains(document.Descendants(place), element => element.Value.Contains("<script>", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Render_AnyTextAnywhere_ChangesNoElement()
    {
        var promoted = SampleReport.Promoted();
        var (failed, quarantined) = (SampleReport.Failed(), SampleReport.Quarantined());
        var expected = new[] { promoted, failed, quarantined }.Select(model => Elements(Parse(HtmlReport.Render(model)))).ToArray();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(25),
            Prop.ForAll<string?>(text =>
                new[] { promoted, failed, quarantined }
                    .Select(model => Elements(Parse(HtmlReport.Render(HostileReport.With(model, text ?? "")))))
                    .Zip(expected, (actual, plain) => actual.SequenceEqual(plain))
                    .All(same => same)));
    }

    [Fact]
    public void Render_AnyNumbers_DrawsInsideEveryViewBox()
    {
        var model = SampleReport.Promoted();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40),
            Prop.ForAll<double[]>(numbers =>
            {
                var document = Parse(HtmlReport.Render(WithNumbers(model, numbers)));
                foreach (var drawing in Drawings(document))
                {
                    AssertInside(drawing);
                }

                AssertNoBareNumbers(document);
            }));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Render_UndefinedNumbers_ShowsADash(double number)
    {
        var document = Parse(HtmlReport.Render(WithNumbers(SampleReport.Promoted(), [number])));

        AssertNoBareNumbers(document);
        var figure = document.Descendants("dd").First(element => element.Attribute("class")?.Value == "value");
        Assert.Equal("–", figure.Value);
    }

    [Fact]
    public void Render_SelectedCandidate_IsMarkedOnce()
    {
        var model = SampleReport.Promoted();
        var selected = model.Run.Leaderboard[2] with { ModelHash = model.Evaluation!.Candidate.ModelHash };
        var first = model.Run.Leaderboard[0] with { ModelHash = SampleReport.Hash("another") };

        var board = Section(model with { Run = model.Run with { Leaderboard = model.Run.Leaderboard.SetItem(0, first).SetItem(2, selected) } }, "leaderboard");

        var marked = Assert.Single(board.Descendants("tr"), row => row.Value.Contains("selected", StringComparison.Ordinal));
        Assert.Equal("3", marked.Elements("td").First().Value);
        Assert.Contains("leaves 31, trees 200", marked.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Leaderboard_NamesOnlySettingsThatDiffer()
    {
        var board = Section(SampleReport.Promoted(), "leaderboard");

        var settings = board.Descendants("td").Where(cell => cell.Attribute("class")?.Value == "settings").Select(cell => cell.Value).ToList();
        Assert.Equal("leaves 8, trees 200", settings[0]);
        Assert.Equal("l2 1", settings[4]);
        Assert.Contains("Every gradient-boosting candidate has early-stopping-rounds 20, l2 1, learning-rate 0.05, min-rows-per-leaf 20.", board.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_SmallSlices_AreGreyedAndBeyondEightCounted()
    {
        var slices = Section(SampleReport.Promoted(), "slices");

        var small = slices.Descendants("tr").Where(row => row.Attribute("class")?.Value == "small").ToList();
        Assert.Equal(9, small.Count);
        Assert.Equal("and 3 smaller slices with 99 rows together", small[^1].Value.Trim());
        Assert.Contains("shown worse", slices.Descendants("tr").Single(row => row.Element("th")?.Value == "Small").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Work_SaysWhatWasReused()
    {
        var rows = Section(SampleReport.Promoted(), "work").Descendants("tbody").Single().Elements("tr").Select(Cells).ToList();

        Assert.Equal(
            [["Partitions validated", "1", "10", "11"], ["Partitions featurized", "1", "10", "11"], ["Candidates trained", "7", "0", "7"]],
            rows);
    }

    [Fact]
    public void Render_QuarantinedRun_DoesNotCallUndoneWorkReused()
    {
        var rows = Section(SampleReport.Quarantined(), "work").Descendants("tbody").Single().Elements("tr").Select(Cells).ToList();

        Assert.All(rows, cells => Assert.Equal("–", cells[2]));
    }

    [Fact]
    public void Render_Quality_ShowsFoundExpectedAndLine()
    {
        var rows = Section(SampleReport.Quarantined(), "quality").Descendants("tbody").Single().Elements("tr").Select(Cells).ToList();

        Assert.Equal(["error", "between", "Speed IAS in knots", "98 of 812 values outside, largest 9,400", "0 to 500", "23"], rows[1]);
        Assert.Equal("learned", rows[0][^1]);
        Assert.Equal("the whole partition", rows[0][2]);
    }

    [Fact]
    public void Render_Metrics_ShowIntervalsAndThePairedGain()
    {
        var model = SampleReport.Promoted();
        var estimate = model.Evaluation!.Candidate.Metrics[0];
        var gain = model.Evaluation.VersusChampion[0];

        var row = Section(model, "metrics").Descendants("tr").Single(row => row.Attribute("class")?.Value == "primary");

        Assert.Contains("decides", row.Element("th")!.Value, StringComparison.Ordinal);
        Assert.StartsWith(ReportText.Metric(estimate.Value) + ReportText.Ends(estimate.Interval), row.Elements("td").First().Value, StringComparison.Ordinal);
        Assert.Equal(ReportText.Signed(gain.Delta) + ReportText.SignedEnds(gain.Interval), row.Elements("td").ElementAt(3).Value);
    }

    [Fact]
    public void Render_FailedCheck_IsMarkedInWords()
    {
        var model = SampleReport.Promoted();
        var verdict = model.Evaluation!.Verdict with { Findings = [new VerdictFinding("gate: roc-auc", false, "0.61 is below 0.7.")] };

        var row = Section(model with { Evaluation = model.Evaluation with { Verdict = verdict } }, "decision").Descendants("tbody").First().Elements("tr").Single();

        Assert.Equal(["gate: roc-auc", "✗ not passed", "0.61 is below 0.7."], Cells(row));
    }

    [Fact]
    public void Render_VerdictOnlyInTheRecord_StillExplains()
    {
        var promoted = SampleReport.Promoted();

        var decision = Section(promoted with { Evaluation = null, Run = promoted.Run with { Verdict = promoted.Evaluation!.Verdict } }, "decision");

        Assert.Equal(6, decision.Descendants("tbody").Single().Elements("tr").Count());
    }

    [Fact]
    public void Render_Failure_SaysStepCodeAndWhatToDo()
    {
        var failure = Section(SampleReport.Failed(), "failure").Value;

        Assert.Contains("Widen the window or correct the label rule.", failure, StringComparison.Ordinal);
        Assert.Contains("In step train, code one-class.", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_RegisteredCandidate_SaysHowToReproduce() =>
        Assert.Equal(
            "mldurable reproduce 20260301T030000-7f3a",
            Section(SampleReport.Promoted(), "reproduce").Descendants("pre").Single().Value.Trim());

    private static XDocument Parse(string markup)
    {
        const string DocumentType = "<!DOCTYPE html>";
        Assert.StartsWith(DocumentType, markup, StringComparison.Ordinal);
        return XDocument.Parse(markup[DocumentType.Length..]);
    }

    private static XElement Section(ReportModel model, string id) =>
        Parse(HtmlReport.Render(model)).Descendants("section").Single(section => section.Attribute("id")!.Value == id);

    private static string[] Cells(XElement row) => [.. row.Elements().Select(cell => cell.Value.Trim())];

    private static List<string> Elements(XDocument document) => [.. document.Descendants().Select(element => element.Name.LocalName)];

    private static IEnumerable<XElement> Drawings(XDocument document) =>
        document.Descendants().Where(element => element.Name.LocalName == "svg");

    private static void AssertNoBareNumbers(XDocument document)
    {
        foreach (var text in document.Descendants().Where(element => element.Name.LocalName != "style").SelectMany(element => element.Nodes().OfType<XText>()))
        {
            Assert.DoesNotContain("NaN", text.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", text.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", text.Value, StringComparison.Ordinal);
        }
    }

    private static void AssertInside(XElement drawing)
    {
        var box = drawing.Attribute("viewBox")!.Value.Split(' ').Select(Number).ToArray();
        foreach (var shape in drawing.Descendants())
        {
            var radius = Value(shape, "r") ?? 0;
            foreach (var (name, limit, reach) in new[]
            {
                ("x", box[2], Value(shape, "width") ?? 0), ("y", box[3], Value(shape, "height") ?? 0),
                ("x1", box[2], 0), ("x2", box[2], 0), ("y1", box[3], 0), ("y2", box[3], 0), ("cx", box[2], radius), ("cy", box[3], radius),
            })
            {
                if (Value(shape, name) is { } value)
                {
                    Assert.InRange(value, radius, limit);
                    Assert.InRange(value + reach, 0, limit + 0.11);
                }
            }

            Assert.True((Value(shape, "width") ?? 0) >= 0 && (Value(shape, "height") ?? 0) >= 0);
            var path = Numbers().Matches(shape.Attribute("d")?.Value ?? "").Select(match => Number(match.Value)).ToArray();
            for (var index = 0; index < path.Length; index++)
            {
                Assert.InRange(path[index], 0, box[2 + (index % 2)]);
            }
        }

        static double? Value(XElement shape, string name) => shape.Attribute(name) is { } attribute ? Number(attribute.Value) : null;
        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>Puts numbers, over and over, wherever a figure of the evidence stands.</summary>
    private static ReportModel WithNumbers(ReportModel model, double[] numbers)
    {
        var index = 0;
        var evaluation = model.Evaluation!;
        return model with
        {
            Evaluation = evaluation with
            {
                Candidate = Model(evaluation.Candidate),
                Champion = Model(evaluation.Champion!),
                Baseline = Model(evaluation.Baseline),
                VersusChampion = [.. evaluation.VersusChampion.Select(Difference)],
                VersusAnchor = Difference(evaluation.VersusAnchor!),
                VersusBaseline = Difference(evaluation.VersusBaseline),
                Slices =
                [
                    .. evaluation.Slices.Select(slice => slice with
                    {
                        Candidate = Next(), Reference = Next(), PValue = Next(), Difference = slice.Difference is { } difference ? Difference(difference) : null,
                    }),
                ],
                Importance = [.. evaluation.Importance.Select(one => one with { Mean = Next(), StandardError = Next(), Interval = Interval() })],
            },
            Explanation = model.Explanation! with
            {
                BaseValue = Next(),
                Contributions = [.. model.Explanation.Contributions.Select(mean => mean with { MeanAbsolute = Next() })],
                Curves =
                [
                    .. model.Explanation.Curves.Select(curve => curve with
                    {
                        Points = [.. curve.Points.Select(point => point with { Number = point.Number is null ? null : Next(), Mean = Next() })],
                    }),
                ],
            },
            Run = model.Run with
            {
                Leaderboard =
                [
                    .. model.Run.Leaderboard.Select(candidate => candidate with
                    {
                        FitSeconds = Next(),
                        Hyperparameters = candidate.Hyperparameters.ToImmutableSortedDictionary(setting => setting.Key, _ => Next()),
                        Validation = candidate.Validation.ToImmutableSortedDictionary(metric => metric.Key, _ => Next()),
                    }),
                ],
            },
        };

        double Next() => numbers.Length == 0 ? 0 : numbers[index++ % numbers.Length];

        Interval Interval() => new(Next(), Next(), 0.9);

        PairedDifference Difference(PairedDifference difference) =>
            difference with { Candidate = Next(), Reference = Next(), Delta = Next(), StandardError = Next(), Interval = Interval() };

        EvaluatedModel Model(EvaluatedModel evaluated) => evaluated with
        {
            Threshold = Next(),
            Metrics = [.. evaluated.Metrics.Select(estimate => new MetricEstimate(estimate.Metric, Next(), Interval()))],
            Roc = [.. evaluated.Roc.Take(50).Select(_ => new CurvePoint(Next(), Next()))],
            PrecisionRecall = [.. evaluated.PrecisionRecall.Take(50).Select(_ => new CurvePoint(Next(), Next()))],
            Calibration = [.. evaluated.Calibration.Select(bin => new CalibrationBin(Next(), Next(), bin.Count, Next(), Next()))],
        };
    }

    [GeneratedRegex(@"-?\d+(?:\.\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();
}
