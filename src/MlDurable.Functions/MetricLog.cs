using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Functions;

/// <summary>
/// Hands what is measured of runs and their triggers to the Functions host, which writes it to the table <c>customMetrics</c> of Application Insights. Those of
/// requests for predictions stay out: each would be a row.
/// </summary>
internal sealed class MetricLog : IHostedService, IDisposable
{
    private static readonly HashSet<string> Meters = [RunMetrics.MeterName, "MlDurable.Triggers"];

    private readonly MeterListener listener;
    private readonly ILogger<MetricLog> logger;

    public MetricLog(ILogger<MetricLog> logger)
    {
        this.logger = logger;
        listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (Meters.Contains(instrument.Meter.Name))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Write(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Write(instrument, value, tags));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Writes what the gauges show now.</summary>
    public void WriteGauges() => listener.RecordObservableInstruments();

    public void Dispose() => listener.Dispose();

    private void Write(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var properties = new Dictionary<string, object>();
        foreach (var (name, tag) in tags)
        {
            properties[name] = $"{tag}";
        }

        logger.LogMetric(instrument.Name, value, properties);
    }
}
