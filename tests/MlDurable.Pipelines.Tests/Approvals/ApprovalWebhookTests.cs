using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MlDurable.Orchestration.Conformance;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Pipelines.Tests.Approvals;

public sealed class ApprovalWebhookTests
{
    private static readonly byte[] Key = SHA256.HashData("a key for tests"u8);
    private static readonly Uri Address = new("https://hooks.example/secret-path");

    [Fact]
    public async Task Post_TwiceTheSameNotice_IsTheSameBytesUnderTheSameKey()
    {
        using var receiver = new Receiver(HttpStatusCode.OK);
        var request = ApprovalLinkTests.Request() with { By = ["ada", "eve"], Authors = ["cli:Eve"] };
        var webhook = Webhook(receiver);
        await webhook.PostAsync(Address, request, 0, CancellationToken.None);
        await webhook.PostAsync(Address, request, 0, CancellationToken.None);
        await webhook.PostAsync(Address, request, 1, CancellationToken.None);

        Assert.Equal(receiver.Bodies[0], receiver.Bodies[1]);
        Assert.Equal(["20260301T030000-7f3a-1-0", "20260301T030000-7f3a-1-0", "20260301T030000-7f3a-1-1"], receiver.Keys);
        var notice = JsonDocument.Parse(receiver.Bodies[0]).RootElement;
        Assert.Equal("approval-requested", notice.GetProperty("event").GetString());
        Assert.Equal("approval-reminder", JsonDocument.Parse(receiver.Bodies[2]).RootElement.GetProperty("event").GetString());
        Assert.Equal("hash-of-the-model", notice.GetProperty("request").GetProperty("evidence").GetProperty("model").GetString());

        // Only those who may answer get links, and each is for one answer of one person.
        var links = Assert.Single(notice.GetProperty("links").EnumerateArray());
        Assert.Equal("ada", links.GetProperty("who").GetString());
        var approve = new Uri(links.GetProperty("approve").GetString()!);
        Assert.StartsWith("/base/api/approvals/", approve.AbsolutePath, StringComparison.Ordinal);
        var link = ApprovalLink.Verify(approve.Segments[^1], Key, request.AskedAt);
        Assert.Equal((request.RunId, 1, ApprovalChoice.Approve, "ada"), (link.RunId, link.Request, link.Choice, link.Who));
        Assert.NotEqual(receiver.Bodies[0], receiver.Bodies[2]);
    }

    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 0)]
    public async Task Post_NobodyNamed_LinksOnlyWhenTheAuthorMayAnswer(bool hasAuthor, bool isWithoutKey, int expected)
    {
        using var receiver = new Receiver(HttpStatusCode.NoContent);
        var request = ApprovalLinkTests.Request() with { Authors = hasAuthor ? ["cli:eve"] : [] };
        var webhook = isWithoutKey ? new ApprovalWebhook(new ApprovalOptions { WebhookHandler = receiver }, TimeProvider.System) : Webhook(receiver);
        await webhook.PostAsync(Address, request, 0, CancellationToken.None);
        Assert.Equal(expected, JsonDocument.Parse(receiver.Bodies[0]).RootElement.GetProperty("links").GetArrayLength());
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, ApprovalWebhook.Unavailable)]
    [InlineData(HttpStatusCode.TooManyRequests, ApprovalWebhook.Unavailable)]
    [InlineData(HttpStatusCode.NotFound, ApprovalWebhook.Refused)]
    [InlineData(HttpStatusCode.Redirect, ApprovalWebhook.Refused)]
    public async Task Post_Refused_SaysWhetherToTryAgainAndKeepsTheAddress(HttpStatusCode status, string code)
    {
        using var receiver = new Receiver(status);
        var failure = await Assert.ThrowsAsync<PipelineException>(() => Webhook(receiver).PostAsync(Address, ApprovalLinkTests.Request(), 0, CancellationToken.None));
        Assert.Equal(code, failure.Code);
        Assert.DoesNotContain("secret-path", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ToPlainHttpElsewhere_IsRefusedUnsent()
    {
        using var receiver = new Receiver(HttpStatusCode.OK);
        var failure = await Assert.ThrowsAsync<PipelineException>(
            () => Webhook(receiver).PostAsync(new Uri("http://hooks.example/a"), ApprovalLinkTests.Request(), 0, CancellationToken.None));
        Assert.Equal(ApprovalWebhook.Refused, failure.Code);
        Assert.Empty(receiver.Bodies);
    }

    [Fact]
    public async Task Post_ToASilentReceiver_EndsAtTheTimeOut()
    {
        var time = new VirtualTimeProvider(ApprovalLinkTests.Request().AskedAt);
        using var receiver = new Receiver(null);
        var posting = new ApprovalWebhook(new ApprovalOptions { WebhookHandler = receiver }, time)
            .PostAsync(Address, ApprovalLinkTests.Request(), 0, CancellationToken.None);
        await receiver.Received;
        time.Advance(TimeSpan.FromSeconds(10));
        var failure = await Assert.ThrowsAsync<PipelineException>(() => posting);
        Assert.Equal((ApprovalWebhook.Unavailable, "the webhook at hooks.example did not answer within 10 s"), (failure.Code, failure.Message));
    }

    /// <summary>A real listener on this machine, whose answer is a redirect to a place that must not be visited.</summary>
    [Fact]
    public async Task Post_OverRealHttp_SendsJsonAndFollowsNoRedirect()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/hook");
        var serving = ServeAsync();
        var failure = await Assert.ThrowsAsync<PipelineException>(() =>
            new ApprovalWebhook(new ApprovalOptions(), TimeProvider.System).PostAsync(address, ApprovalLinkTests.Request(), 0, CancellationToken.None));
        var received = await serving;

        Assert.Equal((ApprovalWebhook.Refused, "the webhook at 127.0.0.1 answered 302"), (failure.Code, failure.Message));
        Assert.StartsWith("POST /hook HTTP/1.1\r\n", received, StringComparison.Ordinal);
        Assert.Contains("Idempotency-Key: 20260301T030000-7f3a-1-0\r\n", received, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n", received, StringComparison.Ordinal);
        Assert.EndsWith("\"links\":[]}", received, StringComparison.Ordinal);
        Assert.False(listener.Pending());

        async Task<string> ServeAsync()
        {
            using var connection = await listener.AcceptTcpClientAsync();
            var stream = connection.GetStream();
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (!text.ToString().EndsWith("\"links\":[]}", StringComparison.Ordinal))
            {
                var count = await stream.ReadAsync(buffer);
                Assert.NotEqual(0, count);
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            return text.ToString();
        }
    }

    [Fact]
    public async Task Post_ToAClosedPort_IsUnavailable()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Dispose();
        var failure = await Assert.ThrowsAsync<PipelineException>(() => new ApprovalWebhook(new ApprovalOptions(), TimeProvider.System)
            .PostAsync(new Uri($"http://127.0.0.1:{port}/"), ApprovalLinkTests.Request(), 0, CancellationToken.None));
        Assert.Equal(ApprovalWebhook.Unavailable, failure.Code);
    }

    private static ApprovalWebhook Webhook(HttpMessageHandler receiver) => new(
        new ApprovalOptions { LinkKey = Key, LinkBase = new Uri("https://ml.example/base/"), WebhookHandler = receiver }, TimeProvider.System);

    /// <summary>Answers with a status; with none, never.</summary>
    private sealed class Receiver(HttpStatusCode? status) : HttpMessageHandler
    {
        private readonly TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Bodies { get; } = [];

        public List<string> Keys { get; } = [];

        public Task Received => received.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            Keys.AddRange(request.Headers.GetValues("Idempotency-Key"));
            received.TrySetResult();
            if (status is { } answer)
            {
                return new HttpResponseMessage(answer);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("It never answers.");
        }
    }
}
