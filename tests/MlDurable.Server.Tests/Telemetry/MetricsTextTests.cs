using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using MlDurable.Server.Telemetry;

namespace MlDurable.Server.Tests.Telemetry;

public sealed partial class MetricsTextTests : IDisposable
{
    private readonly MetricsText metrics = new();
    private readonly Meter meter = new("MlDurable.Tests");

    public void Dispose()
    {
        meter.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void Write_Counter_AddsUpByLabelsInAnyOrder()
    {
        var counter = meter.CreateCounter<long>("test.things.done", description: "Things\ndone.");
        counter.Add(2, new("b", "x"), new("a", 1));
        counter.Add(3, new("a", 1), new("b", "x"));
        counter.Add(7);

        Assert.Contains(
            "# HELP test_things_done_total Things\\ndone.\n# TYPE test_things_done_total counter\ntest_things_done_total 7\ntest_things_done_total{a=\"1\",b=\"x\"} 5\n",
            metrics.Write(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_HistogramWithAdvice_HasCumulativeBuckets()
    {
        var histogram = meter.CreateHistogram("test.time", "s", "Time.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 7 })
        {
            histogram.Record(value, new KeyValuePair<string, object?>("m", "a"));
        }

        Assert.Contains(
            "# TYPE test_time_seconds histogram\n"
            + "test_time_seconds_bucket{m=\"a\",le=\"0.1\"} 2\ntest_time_seconds_bucket{m=\"a\",le=\"1\"} 3\ntest_time_seconds_bucket{m=\"a\",le=\"+Inf\"} 4\n"
            + "test_time_seconds_sum{m=\"a\"} 7.65\ntest_time_seconds_count{m=\"a\"} 4\n",
            metrics.Write(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ObservedGauge_IsAskedEachTime()
    {
        var value = 3;
        meter.CreateObservableGauge("test.level", () => value);
        Assert.Contains("# TYPE test_level gauge\ntest_level 3\n", metrics.Write(), StringComparison.Ordinal);
        value = 4;
        Assert.Contains("test_level 4\n", metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_HostileLabels_StayOneLineEach()
    {
        var counter = meter.CreateCounter<long>("test.hostile");
        counter.Add(1, new KeyValuePair<string, object?>("bad key\"", "a\"b\\c\nd} 5"));
        Assert.Contains("test_hostile_total{bad_key_=\"a\\\"b\\\\c\\nd} 5\"} 1\n", metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MoreSeriesThanAllowed_GoIntoOne()
    {
        var counter = meter.CreateCounter<long>("test.many");
        for (var i = 0; i < 1500; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("i", i));
        }

        Assert.Contains("test_many_total{otel_metric_overflow=\"true\"} 500\n", metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Everything_IsWhatAParserOfTheFormatReads()
    {
        meter.CreateCounter<long>("test.parsed").Add(5, new KeyValuePair<string, object?>("a", "b,c=\"d\""));
        meter.CreateHistogram<double>("test.parsed.time", "s").Record(2);
        foreach (var line in metrics.Write().TrimEnd('\n').Split('\n'))
        {
            Assert.Matches(line.StartsWith('#') ? Comment() : Sample(), line);
            if (!line.StartsWith('#'))
            {
                var number = line[(line.LastIndexOf(' ') + 1)..];
                Assert.True(double.TryParse(number.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture, out _), line);
            }
        }
    }

    [GeneratedRegex("^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*|TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram))$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();

    [GeneratedRegex("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)+\})? [^ ]+$""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Sample();
}
