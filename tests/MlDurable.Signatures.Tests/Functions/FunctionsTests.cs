using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MlDurable.Functions;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Signatures.Tests.Functions;

/// <summary>The functions as the host calls them, on the services of the app.</summary>
public sealed class FunctionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-");
    private readonly Mock<DurableTaskClient> _durableTask = new("test");
    private readonly ServiceProvider _services;

    public FunctionsTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMlDurableFunctions(new(_folder.FullName, "test", new()));
        services.AddSingleton<DataFunctions>().AddSingleton<TimerFunctions>().AddSingleton<ApiFunction>();
        services.AddSingleton<System.Diagnostics.DiagnosticListener>(_ => new("test"));
        services.AddSingleton<System.Diagnostics.DiagnosticSource>(provider => provider.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        _services = services.BuildServiceProvider();
    }

    public void Dispose()
    {
        _services.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("/api/runs", 401)]
    [InlineData("/api/no-such-thing", 404)]
    public async Task Api_WithoutAKey_AnswersAsTheServerDoes(string path, int status)
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = "GET";
        context.Request.Path = path;
        context.Response.Body = new MemoryStream();
        context.SetEndpoint(new(null, null, "the host's own"));
        await _services.GetRequiredService<ApiFunction>().RunAsync(context.Request, _durableTask.Object);
        Assert.Equal(status, context.Response.StatusCode);
    }

    [Fact]
    public async Task DataUploaded_BlobIsGoneAgain_ConcernsNobody() => await _services.GetRequiredService<DataFunctions>().UploadedAsync(
        new BlobClient(new Uri("https://account.blob.core.windows.net/data/gone.csv")), _durableTask.Object, CancellationToken.None);

    [Fact]
    public async Task DataEventQueue_NoEvent_FailsWithItsCode()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => _services.GetRequiredService<DataFunctions>().QueuedAsync(
            BinaryData.FromString("no event"), _durableTask.Object, CancellationToken.None));
        Assert.Equal("event-invalid", (failure as ICodedFailure)?.Code);
    }

    [Fact]
    public async Task Timers_EmptyWorkspace_DoNothing()
    {
        var timers = _services.GetRequiredService<TimerFunctions>();
        await timers.TickAsync(new(), _durableTask.Object, CancellationToken.None);
        await timers.ReconcileAsync(new(), _durableTask.Object, CancellationToken.None);
        _durableTask.VerifyNoOtherCalls();
    }

    [Fact]
    public async Task Measure_ARunThatNobodyTakesUp_IsWrittenAsTheMetricThatIsAlertedOn()
    {
        const string RunId = "20260101T000000-aaaaaa";
        var store = new DirectoryBlobStore(_folder.FullName);
        var record = new RunRecord
        {
            RunId = RunId,
            Pipeline = "p",
            PipelineHash = "ab",
            Model = "m",
            Parameters = ImmutableSortedDictionary<string, string>.Empty,
            Engine = "durable-task:test",
            Status = RunStatus.Running,
            StartedAt = TimeProvider.System.GetUtcNow().AddHours(-1),
        };
        await store.WriteJsonAsync($"runs/{RunId}/run.json", record, PipelinesJson.Default.RunRecord, BlobCondition.None);
        await store.WriteBytesAsync($"triggers/unfinished/p/{RunId}", ReadOnlyMemory<byte>.Empty, BlobCondition.None);
        var written = new MetricRecorder();
        using var metrics = new MetricLog(written);
        await metrics.StartAsync(CancellationToken.None);

        await ActivatorUtilities.CreateInstance<TimerFunctions>(_services, metrics).MeasureAsync(new(), _durableTask.Object, CancellationToken.None);
        using var meter = new Meter(RunMetrics.MeterName);
        meter.CreateCounter<long>("counted").Add(2, KeyValuePair.Create<string, object?>("pipeline", "p"));

        Assert.InRange(written.Metrics.Where(metric => metric.Name == RunMetrics.WaitingAge).Max(metric => metric.Value), 3600, 3700);
        var counted = Assert.Single(written.Metrics, metric => metric.Name == "counted");
        Assert.Equal((2.0, "p"), (counted.Value, counted.Properties["pipeline"]));
    }

    [Fact]
    public void InvocationClient_OutsideAFunction_SaysThatItIsAMistake() =>
        Assert.Throws<InvalidOperationException>(() => new InvocationClient().Current);

    [Fact]
    public async Task InvocationClient_TwoInvocations_EachHasItsOwn()
    {
        var invocation = new InvocationClient();
        var other = new Mock<DurableTaskClient>("other").Object;
        await Task.WhenAll(UseAsync(_durableTask.Object), UseAsync(other));

        async Task UseAsync(DurableTaskClient client)
        {
            invocation.Use(client);
            await Task.Yield();
            Assert.Same(client, invocation.Current);
        }
    }

    [Fact]
    public void Settings_OneIsMissing_IsNamed()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["MLDURABLE_STORE"] = "UseDevelopmentStorage=true" }).Build();
        var failure = Assert.Throws<InvalidOperationException>(() => FunctionsSettings.Read(configuration));
        Assert.Contains("TASKHUB_NAME", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("0123456789abcdef0123456789abcdef", "https://ml.example.com", true)]
    [InlineData("0123456789abcdef0123456789abcdef", null, false)]
    [InlineData(null, "https://ml.example.com", false)]
    [InlineData("short", "https://ml.example.com", false)]
    [InlineData("0123456789abcdef0123456789abcdef", "http://ml.example.com", false)]
    public void Settings_OfLinks_AreBothOrNone(string? key, string? address, bool valid)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MLDURABLE_STORE"] = "UseDevelopmentStorage=true",
            ["TASKHUB_NAME"] = "hub",
            ["MLDURABLE_LINK_KEY"] = key,
            ["MLDURABLE_PUBLIC_URL"] = address,
        }).Build();
        if (valid)
        {
            Assert.Equal(key is not null, FunctionsSettings.Read(configuration).Approvals.LinkBase is not null);
            return;
        }

        var failure = Assert.Throws<InvalidOperationException>(() => FunctionsSettings.Read(configuration));
        Assert.Contains("MLDURABLE_LINK_KEY", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", failure.Message, StringComparison.Ordinal);
    }
}
