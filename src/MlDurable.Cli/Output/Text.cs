using System.Globalization;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Cli.Output;

/// <summary>How numbers, times and intervals are written for people.</summary>
internal static class Text
{
    /// <summary>Stands for what is missing or undefined.</summary>
    public const string None = "–";

    public static string Metric(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("0.0000", CultureInfo.InvariantCulture) : None;

    public static string Signed(double value) => double.IsFinite(value) ? value.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture) : None;

    public static string Interval(Interval interval) => $"[{Metric(interval.Low)}, {Metric(interval.High)}]";

    public static string SignedInterval(Interval interval) => $"[{Signed(interval.Low)}, {Signed(interval.High)}]";

    public static string Instant(DateTimeOffset? instant) => instant?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? None;

    public static string Seconds(TimeSpan? duration) => duration is { } known ? $"{known.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s" : None;

    public static string Hash(string hash) => hash.Length > 12 ? hash[..12] : hash;

    public static string Lower(Enum value) => value.ToString().ToLowerInvariant();

    /// <summary>A count and its noun: <c>1 row</c>, <c>12 rows</c>.</summary>
    public static string Counted(long count, string noun) => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>That a run waits for a person, and the command that answers.</summary>
    public static string Waits(string runId, ApprovalWait waiting, string storeOption) =>
        $"waits for approval until {Instant(waiting.Until)}; answer with: mldurable approve {runId}{storeOption}";

    public static string Version(int? version) => version is { } number ? $"version {number}" : "none";
}
