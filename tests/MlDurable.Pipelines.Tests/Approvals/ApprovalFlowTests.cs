using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Pipelines.Tests.Approvals;

/// <summary>The whole flow on real data, with a person in it.</summary>
public sealed class ApprovalFlowTests
{
    private const string Pipeline = FlowHarness.Pipeline + "\napprove: { by: [ada, grace, test] }";

    [Fact]
    public async Task Approve_AfterNoiseAndARestart_PromotesWhatWasShownAndSaysWho()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(Pipeline));
        var request = (await flow.Approvals.FindAsync(runId))!.Request;
        Assert.Equal(("strikes", 1, null), (request.Model, request.Number, request.Champion));
        Assert.Equal(ContentHash.Of(await flow.Store.ReadBytesAsync(RunStore.FileName(runId, RunStore.PredictionsFile), 1 << 24)), request.Evidence.Predictions);
        var waiting = (await flow.Runs.GetAsync(runId)).Waiting!;
        Assert.Equal((1, request.EvidenceHash), (waiting.Request, waiting.EvidenceHash));
        Assert.Equal(request.AskedAt.AddDays(7), waiting.Until);

        // Events from nowhere, and answers that do not count, change nothing.
        await flow.Engine.Client.RaiseEventAsync(runId, FlowSteps.Approval, JsonSerializer.SerializeToElement("approved!"));
        await flow.Engine.Client.RaiseEventAsync(runId, FlowSteps.Approval, JsonSerializer.SerializeToElement(new { request = 1, answerId = "none" }));
        Assert.Equal(AnswerStatus.NotAllowed, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:mallory"))).Status);
        Assert.Equal(AnswerStatus.NotAllowed, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "http:TEST"))).Status);
        Assert.Equal(AnswerStatus.NotAllowed, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:Ada"))).Status);
        Assert.Equal(AnswerStatus.StaleEvidence, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada") { EvidenceHash = "other" })).Status);
        Assert.Equal("approval-invalid", (await Assert.ThrowsAsync<PipelineException>(() => flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Reject, "cli:ada")))).Code);
        await flow.RestartAsync();
        Assert.Null((await flow.Approvals.FindAsync(runId))!.Decision);

        var receipt = await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada") { Reason = "checked the slices", EvidenceHash = request.EvidenceHash });
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal((AnswerStatus.Counts, true), (receipt.Status, receipt.IsTaken));
        Assert.Equal((RunStatus.Completed, RunOutcome.Promoted), (run.Status, run.Outcome));
        Assert.Equal((ApprovalVerdict.Approved, "cli:ada", request.Evidence), (run.Approval!.Verdict, run.Approval.By, run.Approval.Evidence));
        Assert.Null(run.Waiting);
        var change = Assert.Single((await flow.Registry.ReadAsync("strikes")).History);
        Assert.EndsWith("; approved by cli:ada: checked the slices", change.Reason, StringComparison.Ordinal);
        var report = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(runId, RunStore.ReportFile), 1 << 24));
        Assert.Contains("approved by cli:ada: checked the slices", report, StringComparison.Ordinal);
        Assert.Contains(request.Evidence.Model, report, StringComparison.Ordinal);

        Assert.Equal(AnswerStatus.Late, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Reject, "cli:grace") { Reason = "no" })).Status);
        Assert.Equal(6, (await flow.Approvals.FindAsync(runId))!.Answers.Length);
        Assert.Equal(1, (await flow.Registry.ReadAsync("strikes")).ChampionVersion);
    }

    [Fact]
    public async Task Reject_OfARunOfAnotherEngine_IsTakenUpByReconciling()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(Pipeline));
        var elsewhere = new Mock<IOrchestrationClient>();
        elsewhere
            .Setup(client => client.RaiseEventAsync(runId, FlowSteps.Approval, It.IsAny<JsonElement>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new OrchestrationException(OrchestrationErrorCodes.InstanceNotFound, "not here"));

        var receipt = await new ApprovalDesk(flow.Store, elsewhere.Object, TimeProvider.System)
            .AnswerAsync(new(runId, ApprovalChoice.Reject, "http:grace") { Reason = "worse on small aircraft" });
        Assert.Equal((AnswerStatus.Counts, false), (receipt.Status, receipt.IsTaken));
        Assert.Equal(AnswerStatus.Second, (await new ApprovalDesk(flow.Store, elsewhere.Object, TimeProvider.System)
            .AnswerAsync(new(runId, ApprovalChoice.Approve, "http:ada"))).Status);
        Assert.NotNull((await flow.Runs.GetAsync(runId)).Waiting);
        await flow.Launcher.ReconcileAsync();
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal((RunOutcome.Rejected, 1, null), (run.Outcome, run.Version, run.ChampionAfter));
        Assert.Equal("version 1 passed the rules and is not promoted: rejected by http:grace: worse on small aircraft", run.Summary);
        var registry = await flow.Registry.ReadAsync("strikes");
        Assert.Null(registry.ChampionVersion);
        Assert.Equal(VersionStatus.Rejected, registry.Find(1)!.Status);
        Assert.Equal("rejected by http:grace: worse on small aircraft", Assert.Single(registry.History).Reason);
        Assert.Empty(await flow.Approvals.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Approve_WhenTheChampionChangedSince_IsAskedAgainAndTheOldAnswerIsNotReused()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace("roc-auc >= 0.6", "roc-auc >= 0.99", StringComparison.Ordinal)));
        await flow.AddYearsAsync(1994, 1994);
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(Pipeline, ("margin", "0.9")));
        var first = (await flow.Approvals.FindAsync(runId))!.Request;
        await flow.Registry.PromoteAsync("strikes", new ChampionDecision(1, null, true, "cli:grace", "by-hand", "first"));
        var again = flow.AskedAsync();

        await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada"));
        await again;

        var second = Assert.Single(await flow.Approvals.ListAsync().ToListAsync());
        Assert.Equal((2, 1), (second.Request.Number, second.Request.Champion));
        Assert.Empty(second.Answers);
        Assert.Equal(
            AnswerStatus.StaleEvidence, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada") { EvidenceHash = first.EvidenceHash })).Status);
        await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Reject, "cli:grace") { Reason = "I prefer mine" });
        var run = await flow.Launcher.WaitAsync(runId);
        Assert.Equal((RunOutcome.Rejected, 1, 2), (run.Outcome, run.ChampionAfter, run.Approval!.Request));
        Assert.Equal(1, (await flow.Registry.ReadAsync("strikes")).ChampionVersion);
    }

    [Fact]
    public async Task Approve_WhenTheEvidenceWasChangedSince_PromotesNothing()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(Pipeline));
        await flow.Store.WriteBytesAsync(RunStore.FileName(runId, RunStore.PredictionsFile), "partition,row\n"u8.ToArray(), BlobCondition.None);

        await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada"));
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal((RunStatus.Failed, "evidence-changed"), (run.Status, run.Failure!.Code));
        Assert.Null((await flow.Registry.ReadAsync("strikes")).ChampionVersion);
    }

    [Fact]
    public async Task Link_FromTheWebhook_AnswersOnceAndIsWrittenNowhere()
    {
        using var receiver = new Receiver();
        await using var flow = await FlowHarness.OpenAsync(new ApprovalOptions
        {
            LinkKey = SHA256.HashData("a key for tests"u8),
            LinkBase = new Uri("https://ml.example/"),
            WebhookHandler = receiver,
        });
        await flow.AddYearsAsync(1990, 1993);
        var notified = flow.HappenedAsync(EngineEventKind.ActivityCompleted, "notify-approval");
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(FlowHarness.Pipeline + "\napprove: { by: [ada], webhook: 'https://hooks.example/secret' }"));
        await notified;
        var links = JsonDocument.Parse(receiver.Body).RootElement.GetProperty("links")[0];
        var approve = new Uri(links.GetProperty("approve").GetString()!).Segments[^1];
        var reject = new Uri(links.GetProperty("reject").GetString()!).Segments[^1];

        var (link, view) = await flow.Desk.OpenLinkAsync(approve);
        Assert.Equal((ApprovalChoice.Approve, runId), (link.Choice, view.Request.RunId));
        Assert.Contains("<form", ApprovalPage.Render(link, view), StringComparison.Ordinal);
        Assert.Equal("approval-invalid", (await Assert.ThrowsAsync<PipelineException>(() => flow.Desk.AnswerLinkAsync(reject, ""))).Code);
        Assert.Equal("link-invalid", (await Assert.ThrowsAsync<PipelineException>(() =>
            new ApprovalDesk(flow.Store, flow.Engine.Client, TimeProvider.System).AnswerLinkAsync(approve, ""))).Code);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                return (await flow.Desk.AnswerLinkAsync(approve, "fine")).Answer.Id;
            }
            catch (PipelineException exception) when (exception.Code == "link-used")
            {
                return null;
            }
        }));
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Single(answers.OfType<string>().Distinct());
        Assert.Equal((RunOutcome.Promoted, "link:ada"), (run.Outcome, run.Approval!.By));
        Assert.Equal(AnswerStatus.Late, (await flow.Desk.AnswerLinkAsync(reject, "no, after all")).Status);
        foreach (var token in new[] { approve, reject })
        {
            Assert.Equal("link-used", (await Assert.ThrowsAsync<PipelineException>(() => flow.Desk.AnswerLinkAsync(token, "again"))).Code);
            Assert.Equal("link-used", (await Assert.ThrowsAsync<PipelineException>(() => flow.Desk.OpenLinkAsync(token))).Code);
            foreach (var file in Directory.EnumerateFiles(flow.Directory, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock"))
            {
                await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var content = new MemoryStream();
                await open.CopyToAsync(content);
                Assert.False(content.ToArray().AsSpan().IndexOf(Encoding.ASCII.GetBytes(token[^40..])) >= 0, $"{file} holds a link");
            }
        }
    }

    [Fact]
    public async Task Webhook_ThatIsDown_IsWarnedOfAndTheRunWaitsForAnotherWay()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}/secret";
        closed.Stop();
        var failed = flow.HappenedAsync(EngineEventKind.ActivityFailed, "notify-approval");
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(FlowHarness.Pipeline + $"\napprove: {{ not-author: false, webhook: '{address}' }}"));
        await failed;

        var warning = Assert.Single(await flow.Approvals.ListAsync().ToListAsync()).Warning;
        Assert.Equal("nobody was notified: the webhook at 127.0.0.1 cannot be reached: ConnectionError", warning);
        await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:test"));
        Assert.Equal(RunOutcome.Promoted, (await flow.Launcher.WaitAsync(runId)).Outcome);
    }

    [Fact]
    public async Task Cancel_WhileItWaits_EndsTheRequest()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var runId = await flow.StartUntilAskedAsync(FlowHarness.Source(Pipeline));

        await flow.Launcher.CancelAsync(runId, "enough");

        Assert.Equal(AnswerStatus.Late, (await flow.Desk.AnswerAsync(new(runId, ApprovalChoice.Approve, "cli:ada"))).Status);
        Assert.Null((await flow.Runs.GetAsync(runId)).Waiting);
        Assert.Null((await flow.Registry.ReadAsync("strikes")).ChampionVersion);
        Assert.Equal("approval-not-found", (await Assert.ThrowsAsync<PipelineException>(async () =>
            await flow.Desk.AnswerAsync(new(await flow.StartAsync(), ApprovalChoice.Approve, "cli:ada")))).Code);
        Assert.Equal("run-not-found", (await Assert.ThrowsAsync<PipelineException>(() =>
            flow.Desk.AnswerAsync(new("../../models", ApprovalChoice.Approve, "cli:ada")))).Code);
    }

    private sealed class Receiver : HttpMessageHandler
    {
        public string Body { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
