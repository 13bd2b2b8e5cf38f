using System.Globalization;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Reports;

/// <summary>How numbers, times and names are written, the same in the report and in the card.</summary>
internal static class ReportText
{
    /// <summary>Stands for a value that is missing, undefined or infinite.</summary>
    public const string None = "–";

    private const char Minus = '\u2212';

    /// <summary>A metric, a rate or a probability: four decimals, or significant digits where these would say nothing.</summary>
    public static string Metric(double? value) => value switch
    {
        null => None,
        { } number when !double.IsFinite(number) => None,
        0 => "0.0000",
        { } number when Math.Abs(number) is >= 0.00005 and < 10 => Typographic(number.ToString("0.0000", CultureInfo.InvariantCulture)),
        { } number => Typographic(number.ToString(Math.Abs(number) < 1 ? "G2" : "G4", CultureInfo.InvariantCulture)),
    };

    /// <summary>A difference, always with its sign.</summary>
    public static string Signed(double? value) => value is > 0 && double.IsFinite(value.Value) ? "+" + Metric(value) : Metric(value);

    /// <summary>The two ends of an interval of a metric.</summary>
    public static string Ends(Interval interval) => $"{Metric(interval.Low)} to {Metric(interval.High)}";

    /// <summary>The two ends of an interval of a difference.</summary>
    public static string SignedEnds(Interval interval) => $"{Signed(interval.Low)} to {Signed(interval.High)}";

    /// <summary>A hyperparameter or another plain number: up to six significant digits.</summary>
    public static string Plain(double value) =>
        double.IsFinite(value) ? Typographic(value.ToString("G6", CultureInfo.InvariantCulture)) : None;

    /// <summary>A count, with a comma every three digits.</summary>
    public static string Count(long value) => Typographic(value.ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>A count and its noun: <c>1 row</c>, <c>12 rows</c>.</summary>
    public static string Counted(long count, string singular, string? plural = null) =>
        $"{Count(count)} {(count == 1 ? singular : plural ?? singular + "s")}";

    /// <summary>A share as a percentage with one decimal, or none when it is a whole number.</summary>
    public static string Percent(double share) =>
        double.IsFinite(share * 100) ? Typographic((share * 100).ToString("0.#", CultureInfo.InvariantCulture)) + " %" : None;

    /// <summary>A part of a whole as a percentage, always with one decimal, for columns of them.</summary>
    public static string Percent(long part, long whole) =>
        whole == 0 ? None : (100.0 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>A p-value: three decimals, never a false zero.</summary>
    public static string PValue(double? value) => value switch
    {
        null => None,
        { } number when !double.IsFinite(number) => None,
        < 0.001 => "< 0.001",
        { } number => number.ToString("0.000", CultureInfo.InvariantCulture),
    };

    /// <summary>An instant in UTC, ISO 8601, to the second.</summary>
    public static string Instant(DateTimeOffset? instant) =>
        instant?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? None;

    /// <summary>An instant that bounds rows: only the date when it is midnight.</summary>
    public static string Boundary(DateTimeOffset? instant) =>
        instant?.UtcDateTime is { TimeOfDay.Ticks: 0 } midnight
            ? midnight.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : Instant(instant);

    /// <summary>A length of time for people: <c>0.42 s</c>, <c>12.3 s</c>, <c>4 min 05 s</c>, <c>2 h 10 min</c>.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalSeconds: < 10 } => duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s",
        { TotalSeconds: < 60 } => duration.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 60 } => $"{(int)duration.TotalMinutes} min {duration.Seconds:00} s",
        _ => $"{Count((long)duration.TotalHours)} h {duration.Minutes:00} min",
    };

    /// <summary>Seconds as a length of time; what no clock can have measured is not shown.</summary>
    public static string Seconds(double seconds) =>
        seconds is >= 0 and < 1e9 ? Duration(TimeSpan.FromSeconds(seconds)) : None;

    /// <summary>The first twelve characters of a hash: enough to tell two apart by eye.</summary>
    public static string ShortHash(string hash) => hash.Length > 12 ? hash[..12] : hash;

    /// <summary>A metric's name for people.</summary>
    public static string MetricName(string name) => MetricCatalog.Find(name)?.DisplayName ?? name;

    /// <summary>Hyperparameters in one line.</summary>
    public static string Settings(IEnumerable<KeyValuePair<string, double>> settings) =>
        string.Join(", ", settings.Select(setting => $"{setting.Key} {Plain(setting.Value)}"));

    /// <summary>What a threshold was chosen by.</summary>
    public static string Rule(ThresholdRule rule) => rule switch
    {
        { Kind: ThresholdRuleKind.LeastCost, FalsePositive: { } falsePositive, FalseNegative: { } falseNegative } =>
            $"where mistakes on validation rows cost least, at {Plain(falsePositive)} a false alarm and {Plain(falseNegative)} a positive row that is missed",
        { Kind: ThresholdRuleKind.Fixed } => "which the pipeline file gives",
        _ => "where F1 on validation rows is greatest",
    };

    /// <summary>Names with their versions in one line.</summary>
    public static string Versions(IEnumerable<KeyValuePair<string, string>> versions) =>
        string.Join(", ", versions.Select(version => $"{version.Key} {version.Value}"));

    private static string Typographic(string number) => number.Replace('-', Minus);
}
