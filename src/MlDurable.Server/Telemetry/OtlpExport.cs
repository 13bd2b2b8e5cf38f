using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MlDurable.Server.Telemetry;

/// <summary>Sends spans and metrics by OTLP where the variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says; the other variables of OpenTelemetry hold too.</summary>
internal sealed class OtlpExport : IHostedService, IDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private TracerProvider? traces;
    private MeterProvider? metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable)))
        {
            traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(RunTelemetry.Name).AddOtlpExporter().Build();
            metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter("MlDurable.*").AddOtlpExporter().Build();
        }

        return Task.CompletedTask;
    }

    /// <summary>Sends what is left.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
    }

    // Variables come last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES hold.
    private static void Describe(ResourceBuilder resource) => resource.Clear().AddService("mldurable").AddTelemetrySdk().AddEnvironmentVariableDetector();
}
