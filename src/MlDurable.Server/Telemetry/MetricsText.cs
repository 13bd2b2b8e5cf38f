using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace MlDurable.Server.Telemetry;

/// <summary>Adds up the measurements of the product's meters, and writes them as Prometheus reads them. Safe for concurrent use.</summary>
internal sealed class MetricsText : IDisposable
{
    /// <summary>The media type of <see cref="Write"/>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string MeterPrefix = "MlDurable.";
    private const int MaxSeries = 1000;
    private const string OverflowLabels = "otel_metric_overflow=\"true\"";

    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);
    private readonly MeterListener listener;

    public MetricsText()
    {
        listener = new MeterListener { InstrumentPublished = Publish };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, state) => Record(value, tags, state));
        listener.Start();
    }

    /// <summary>Everything measured so far, in the text format of Prometheus, version 0.0.4.</summary>
    public string Write()
    {
        lock (gate)
        {
            foreach (var family in families.Values.Where(family => family.IsObserved))
            {
                family.Series.Clear();
            }

            listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var (name, family) in families)
            {
                family.Write(text, name);
            }

            return text.ToString();
        }
    }

    public void Dispose() => listener.Dispose();

    private void Publish(Instrument instrument, MeterListener listening)
    {
        if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
        {
            return;
        }

        var generic = instrument.GetType().IsGenericType ? instrument.GetType().GetGenericTypeDefinition() : null;
        var kind = generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>) ? "counter" : generic == typeof(Histogram<>) ? "histogram" : "gauge";
        var bounds = kind == "histogram" ? (instrument as Instrument<double>)?.Advice?.HistogramBucketBoundaries : null;
        lock (gate)
        {
            var name = NameOf(instrument, kind);
            if (!families.TryGetValue(name, out var family))
            {
                family = new Family(kind, instrument.Description ?? "", instrument.IsObservable, generic == typeof(Gauge<>), [.. bounds ?? DefaultBounds]);
                families.Add(name, family);
            }

            listening.EnableMeasurementEvents(instrument, family);
        }
    }

    private void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var family = (Family)state!;
        var labels = LabelsOf(tags);
        lock (gate)
        {
            if (!family.Series.ContainsKey(labels) && family.Series.Count >= MaxSeries)
            {
                labels = OverflowLabels;
            }

            family.Add(labels, value);
        }
    }

    private static string NameOf(Instrument instrument, string kind)
    {
        var name = new StringBuilder();
        foreach (var letter in instrument.Name)
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) || letter == ':' ? letter : '_');
        }

        name.Append(instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        });
        return name.Append(kind == "counter" ? "_total" : "").ToString();
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        // The order of the tags says nothing.
        var sorted = tags.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var labels = new StringBuilder();
        foreach (var (key, value) in sorted)
        {
            labels.Append(labels.Length > 0 ? "," : "");
            foreach (var letter in key)
            {
                labels.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
            }

            labels.Append("=\"");
            labels.Append((Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
                .Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal));
            labels.Append('"');
        }

        return labels.ToString();
    }

    private sealed class Family(string kind, string help, bool isObserved, bool isGauge, double[] bounds)
    {
        public bool IsObserved => isObserved;

        public SortedDictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);

        public void Add(string labels, double value)
        {
            if (!Series.TryGetValue(labels, out var series))
            {
                series = new Series(kind == "histogram" ? new long[bounds.Length + 1] : []);
                Series.Add(labels, series);
            }

            series.Sum = isObserved || isGauge ? value : series.Sum + value;
            if (kind == "histogram")
            {
                var bucket = Array.FindIndex(bounds, bound => value <= bound);
                series.Buckets[bucket < 0 ? bounds.Length : bucket]++;
            }
        }

        public void Write(StringBuilder text, string name)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {kind}\n");
            foreach (var (labels, series) in Series)
            {
                if (kind != "histogram")
                {
                    Line(text, name, labels, series.Sum);
                    continue;
                }

                var count = 0L;
                for (var bucket = 0; bucket < series.Buckets.Length; bucket++)
                {
                    count += series.Buckets[bucket];
                    var bound = bucket < bounds.Length ? Number(bounds[bucket]) : "+Inf";
                    Line(text, name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", count);
                }

                Line(text, name + "_sum", labels, series.Sum);
                Line(text, name + "_count", labels, count);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ').Append(Number(value)).Append('\n');

        private static string Number(double value) =>
            double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
    }

    private sealed class Series(long[] buckets)
    {
        public double Sum { get; set; }

        public long[] Buckets => buckets;
    }
}
