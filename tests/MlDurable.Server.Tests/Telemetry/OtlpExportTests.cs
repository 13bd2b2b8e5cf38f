using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using MlDurable.Api;
using MlDurable.Api.Telemetry;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Server.Telemetry;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Server.Tests.Telemetry;

public sealed class OtlpExportTests : IDisposable
{
    private const string RunId = "20260101T000000-fedcba";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-otlp-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Steps_EndpointSet_ArriveAtACollectorAsSpansAndMetrics()
    {
        var received = new ConcurrentQueue<(string Path, byte[] Body)>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.StatusCode = StatusCodes.Status200OK;
        });
        await collector.StartAsync();

        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.Single());
        try
        {
            using var export = new OtlpExport();
            await export.StartAsync(CancellationToken.None);
            await ObserveAsync();
            await export.StopAsync(CancellationToken.None);
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", null);
        }

        var trace = Convert.FromHexString(RunTrace.ContextOf(RunId).TraceId.ToHexString());
        Assert.Contains(received, message => message.Path == "/v1/traces" && Has(message.Body, trace) && Has(message.Body, Encoding.UTF8.GetBytes(RunId)));
        Assert.Contains(received, message => message.Path == "/v1/metrics" && Has(message.Body, "mldurable.step.duration"u8));
    }

    private async Task ObserveAsync()
    {
        var store = new DirectoryBlobStore(folder.FullName);
        using var models = new ServedModels(store, TimeProvider.System);
        using var gauges = new RunGauges(new RunStore(store), new RunEngine("workspace", Mock.Of<IOrchestrationClient>()), TimeProvider.System);
        using var telemetry = new RunTelemetry(new RunFeed(1), new RunStore(store), models, gauges, TimeProvider.System, NullLogger<RunTelemetry>.Instance);
        await telemetry.ObserveAsync(new RunHappening(RunId, RunStepState.Started, "plan"), CancellationToken.None);
        await telemetry.ObserveAsync(new RunHappening(RunId, RunStepState.Finished, "plan"), CancellationToken.None);
    }

    private static bool Has(byte[] body, ReadOnlySpan<byte> part) => body.AsSpan().IndexOf(part) >= 0;
}
