using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Reports;

public sealed partial class ReportPartsTests
{
    [Fact]
    public void HtmlWriter_AnyText_ReadsBackAsItWas() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll<string?>(text =>
            {
                var safe = string.Concat((text ?? "").Where(character => !char.IsControl(character) && !char.IsSurrogate(character)
                    && character is not ((>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or (>= '\uFDD0' and <= '\uFDEF') or '\uFFFE' or '\uFFFF')));
                var html = new HtmlWriter();
                html.Element("p", safe, ("title", safe));
                var element = XElement.Parse(html.ToString(), LoadOptions.PreserveWhitespace);
                return element.Value == safe && element.Attribute("title")!.Value == safe;
            }));

    [Theory]
    [InlineData(0x0)]
    [InlineData(0x1B)]
    [InlineData(0x0D)]
    [InlineData(0x85)]
    [InlineData(0xD800)]
    [InlineData(0xFFFF)]
    [InlineData(0x202E)]
    public void HtmlWriter_CharacterThatNoMarkupMayHold_IsReplaced(int code)
    {
        var html = new HtmlWriter();
        html.Element("p", $"a{(char)code}b");

        Assert.Equal("a\uFFFDb", XElement.Parse(html.ToString()).Value);
    }

    [Fact]
    public void LinearScale_AnyValues_HoldsThemAndHasTicksInside() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll<double[]>(values =>
            {
                var scale = LinearScale.Around(values, 10, 90);
                var ticks = scale.Ticks(5);
                Assert.True(scale.Low < scale.High);
                Assert.All(values.Where(double.IsFinite), value => Assert.InRange(scale.Map(value), 10, 90));
                Assert.InRange(ticks.Length, 2, 12);
                Assert.All(ticks, tick => Assert.InRange(scale.Map(tick.Value), 10, 90));
                Assert.Equal(ticks.Select(tick => tick.Value).Order(), ticks.Select(tick => tick.Value));
            }));

    [Theory]
    [InlineData(-0.04, 0.06, "−0.04 −0.02 0.00 0.02 0.04 0.06")]
    [InlineData(0, 1, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 800, "0 200 400 600 800")]
    public void LinearScale_Domain_HasRoundTicks(double low, double high, string expected) =>
        Assert.Equal(expected, string.Join(' ', new LinearScale(low, high, 0, 1).Ticks(5).Select(tick => tick.Label)));

    [Theory]
    [InlineData(0.79312, "0.7931")]
    [InlineData(-0.0093, "−0.0093")]
    [InlineData(0, "0.0000")]
    [InlineData(0.00001234, "1.2E−05")]
    [InlineData(1234.56, "1235")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.NegativeInfinity, "–")]
    public void Metric_Value_HasSensibleDigits(double value, string expected) => Assert.Equal(expected, ReportText.Metric(value));

    [Theory]
    [InlineData(0.0047, "+0.0047")]
    [InlineData(-0.0047, "−0.0047")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Signed_Difference_HasItsSign(double value, string expected) => Assert.Equal(expected, ReportText.Signed(value));

    [Theory]
    [InlineData(0.42, "0.42 s")]
    [InlineData(14.2, "14.2 s")]
    [InlineData(245, "4 min 05 s")]
    [InlineData(7800, "2 h 10 min")]
    [InlineData(-1, "–")]
    [InlineData(double.NaN, "–")]
    public void Seconds_Length_IsForPeople(double seconds, string expected) => Assert.Equal(expected, ReportText.Seconds(seconds));

    [Fact]
    public void Instant_WithOffset_IsUtc() =>
        Assert.Equal("2026-03-01T01:30:00Z", ReportText.Instant(new DateTimeOffset(2026, 3, 1, 3, 30, 0, TimeSpan.FromHours(2))));

    [Theory]
    [InlineData(RunStatus.Running, null, "calm", "Running")]
    [InlineData(RunStatus.Failed, null, "bad", "Failed")]
    [InlineData(RunStatus.Cancelled, null, "calm", "Cancelled")]
    [InlineData(RunStatus.Completed, RunOutcome.Promoted, "good", "Promoted")]
    [InlineData(RunStatus.Completed, RunOutcome.Unchanged, "calm", "Unchanged")]
    [InlineData(RunStatus.Completed, RunOutcome.Kept, "calm", "Champion kept")]
    [InlineData(RunStatus.Completed, RunOutcome.Inconclusive, "warn", "Inconclusive")]
    [InlineData(RunStatus.Completed, RunOutcome.Blocked, "bad", "Blocked: a slice is worse")]
    [InlineData(RunStatus.Completed, RunOutcome.Quarantined, "warn", "Quarantined")]
    [InlineData(RunStatus.Completed, RunOutcome.Rejected, "warn", "Rejected by a person")]
    public void RunBadge_Outcome_HasItsToneAndWord(RunStatus status, RunOutcome? outcome, string tone, string word)
    {
        var sample = SampleReport.Failed();
        var verdict = new Verdict { Kind = VerdictKind.Blocked, Reason = BlockReason.Slice, Summary = "" };

        var badge = RunBadge.Of(sample with { Run = sample.Run with { Status = status, Outcome = outcome, Verdict = verdict } });

        Assert.Equal((tone, word), (badge.Tone, badge.Word));
    }

    [Fact]
    public void RunBadge_Inconclusive_NamesTheRowsThatWouldSettleIt()
    {
        var sample = SampleReport.Failed();
        var verdict = new Verdict { Kind = VerdictKind.Inconclusive, RowsNeeded = 5120, Summary = "" };

        var badge = RunBadge.Of(sample with { Run = sample.Run with { Status = RunStatus.Completed, Outcome = RunOutcome.Inconclusive, Verdict = verdict } });

        Assert.Contains("About 5,120 comparison rows would settle it.", badge.Meaning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void ReportStyle_Colours_ContrastEnoughInBothSchemes(int scheme)
    {
        // WCAG 2.2, success criteria 1.4.3 (text, 4.5) and 1.4.11 (graphics, 3).
        var colours = Colours().Matches(ReportStyle.Sheet).GroupBy(match => match.Groups["name"].Value)
            .ToDictionary(name => name.Key, name => name.ElementAt(scheme).Groups["colour"].Value);
        foreach (var (ink, paper) in new[] { ("ink", "page"), ("muted", "page"), ("accent", "page"), ("ink", "panel"), ("muted", "panel"), ("muted", "accent-soft") })
        {
            Assert.True(Contrast(colours[ink], colours[paper]) >= 4.5, $"{ink} on {paper}");
        }

        foreach (var tone in new[] { "good", "warn", "bad", "calm", "accent" })
        {
            Assert.True(Contrast(colours[tone], colours[tone + "-soft"]) >= 4.5, tone);
            Assert.True(Contrast(colours["ink"], colours[tone + "-soft"]) >= 4.5, tone);
            Assert.True(Contrast(colours["muted"], colours[tone + "-soft"]) >= 4.5, tone);
        }

        Assert.True(Contrast(colours["reference"], colours["page"]) >= 3);
    }

    private static double Contrast(string first, string second)
    {
        var (a, b) = (Luminance(first), Luminance(second));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        double[] channels =
        [
            .. Enumerable.Range(0, 3)
                .Select(index => int.Parse(colour.AsSpan(1 + (2 * index), 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
                .Select(channel => channel <= 0.04045 ? channel / 12.92 : Math.Pow((channel + 0.055) / 1.055, 2.4)),
        ];
        return (0.2126 * channels[0]) + (0.7152 * channels[1]) + (0.0722 * channels[2]);
    }

    [GeneratedRegex("--(?<name>[a-z-]+): (?<colour>#[0-9a-f]{6})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Colours();
}
