using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Reports;

public sealed class ModelCardTests
{
    [Fact]
    public void Render_Promoted_SaysWhatItIsHowGoodAndWhatToBewareOf()
    {
        var card = ModelCard.Render(SampleReport.Promoted());

        Assert.StartsWith("# bird-strike-damage, version 4\n", card, StringComparison.Ordinal);
        Assert.Equal(
            ["Model", "Data", "Performance", "Slices", "What it looks at", "Beware", "How to make it again"],
            card.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]));
        Assert.Contains("- **Trainer:** gradient-boosting 1\n", card, StringComparison.Ordinal);
        Assert.Contains("- **Transforms:** log-ratio 3\n", card, StringComparison.Ordinal);
        Assert.Contains("| Holdout | 1,443 | 1999-08-03 |", card, StringComparison.Ordinal);
        Assert.Contains("| Log loss (lower is better) |", card, StringComparison.Ordinal);
        Assert.Contains("- It is weaker than its champion on: Wildlife Size = Small.\n", card, StringComparison.Ordinal);
        Assert.Contains("- 11 slices had too few rows to be judged", card, StringComparison.Ordinal);
        Assert.Contains("found PSI 0.14 (watch), expected at most none", card, StringComparison.Ordinal);
        Assert.EndsWith("mldurable reproduce 20260301T030000-7f3a\n```\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_FirstChampion_ComparesWithTheBaselineOnly() =>
        Assert.Contains("\n| Metric | candidate | baseline |\n| --- | ---: | ---: |\n", ModelCard.Render(SampleReport.FirstChampion()), StringComparison.Ordinal);

    [Fact]
    public void Render_NothingEvaluated_LeavesTheFiguresOut()
    {
        var card = ModelCard.Render(SampleReport.Failed());

        Assert.DoesNotContain("## Performance", card, StringComparison.Ordinal);
        Assert.StartsWith("# bird-strike-damage\n\nFailed.\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_WhileTheRunStillRuns_BeginsWithTheVerdict()
    {
        var model = SampleReport.Promoted();

        var card = ModelCard.Render(model with { Run = model.Run with { Status = RunStatus.Running, Outcome = null, Summary = null } });

        Assert.StartsWith("# bird-strike-damage, version 4\n\nThe candidate is shown to be within 0.02", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_SameModelTwice_GivesTheSameText() =>
        Assert.Equal(ModelCard.Render(SampleReport.Promoted()), ModelCard.Render(SampleReport.Promoted()));

    [Fact]
    public void Render_MarkupInEveryText_IsEscaped()
    {
        var card = ModelCard.Render(HostileReport.With(SampleReport.Promoted(), "<script>alert(1)</script> [x](y) | `z`\n## Fake"));

        var prose = card[..card.LastIndexOf("```\nmldurable", StringComparison.Ordinal)];
        Assert.DoesNotContain("<script", prose.Replace(@"\<script", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("\n## Fake", card, StringComparison.Ordinal);
        Assert.Contains(@"\<script\>alert(1)\</script\> \[x\](y) \| \`z\` \#\# Fake", prose, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_AnyTextAnywhere_KeepsLinesAndTables()
    {
        var model = SampleReport.Promoted();
        var expected = Shape(ModelCard.Render(model));
        Check.One(
            Config.QuickThrowOnFailure,
            Prop.ForAll<string?>(text => Shape(ModelCard.Render(HostileReport.With(model, text ?? ""))).SequenceEqual(expected)));
    }

    // What a reader of Markdown sees first of a line: what it begins with, and how many cells it has.
    private static List<(string Start, int Cells)> Shape(string card) =>
    [
        .. card.Split('\n').Select(line => (
            line.Length == 0 ? "" : line[..1],
            line.StartsWith('|') ? line.Replace(@"\\", "", StringComparison.Ordinal).Replace(@"\|", "", StringComparison.Ordinal).Count(character => character == '|') : 0)),
    ];
}
