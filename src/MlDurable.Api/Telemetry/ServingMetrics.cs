using System.Diagnostics.Metrics;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Api.Telemetry;

/// <summary>Metrics of predictions, on the meter <c>MlDurable.Serving</c>.</summary>
internal static class ServingMetrics
{
    public const string MeterName = "MlDurable.Serving";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Predictions =
        Meter.CreateCounter<long>("mldurable.predictions", "{row}", "Rows scored.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mldurable.predict.duration",
        "s",
        "Time to answer a request for predictions, without the network.",
        tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] });

    public static void Predicted(ServedModel served, long rows, TimeSpan elapsed)
    {
        if (!Predictions.Enabled && !Duration.Enabled)
        {
            return;
        }

        var model = KeyValuePair.Create("model", (object?)served.Model);
        Predictions.Add(rows, model, KeyValuePair.Create("version", (object?)served.Version));
        Duration.Record(elapsed.TotalSeconds, model);
    }
}
