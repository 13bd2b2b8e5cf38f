using System.Net;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Activities;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Pipelines.Tests.Reports;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Approvals;

/// <summary>
/// The orchestrator on a simulated disk and a virtual clock, with the power lost at every change of the disk and at every call of the store, and
/// with every change of the disk refused: the decision, the registry and the record of the run come to the same outcome.
/// </summary>
public sealed class ApprovalCrashTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);
    private static readonly Lazy<Task<MemoryStore>> Prepared = new(PrepareAsync);

    /// <summary>What happens while the run waits.</summary>
    public enum Story
    {
        /// <summary>A person approves.</summary>
        Approve,

        /// <summary>A person rejects.</summary>
        Reject,

        /// <summary>Nobody answers; a reminder and the time-out pass.</summary>
        Silence,

        /// <summary>An approval and a rejection at once.</summary>
        TwoAnswers,

        /// <summary>An approval just before the time is over, and the time-out, at once.</summary>
        AnswerAtTheTimeOut,
    }

    [Theory]
    [InlineData(Story.Approve)]
    [InlineData(Story.Reject)]
    [InlineData(Story.Silence)]
    [InlineData(Story.TwoAnswers)]
    [InlineData(Story.AnswerAtTheTimeOut)]
    public async Task Failure_AtEveryPlace_OneOutcomeEverywhere(Story story)
    {
        var prepared = await Prepared.Value;

        var tried = await CrashLoop.RunAsync(
            () => new Player(prepared.Copy(), story), [CrashFault.PowerLossAtDisk, CrashFault.FailedDiskOperation, CrashFault.PowerLossAtCall]);

        Assert.True(tried.Count > 100, $"{tried.Count} places are no test.");
    }

    /// <summary>A store with a run that was evaluated, and the version that it would promote.</summary>
    private static async Task<MemoryStore> PrepareAsync()
    {
        var store = new MemoryStore();
        var sample = SampleReport.Promoted();
        var runs = new RunStore(store);
        var manifest = sample.Manifest! with { RunId = Player.RunId };
        await new ModelRegistry(store, TimeProvider.System).RegisterAsync("strikes", manifest, "roc-auc", 0.8, _ => Task.CompletedTask);
        await runs.WriteAsync(
            Player.RunId, RunStore.PlanFile, sample.Plan! with { Partitions = [] }, PipelinesJson.Default.RunPlan, CancellationToken.None);
        await runs.WriteAsync(Player.RunId, RunStore.DatasetFile, sample.Dataset!, PipelinesJson.Default.DatasetLineage, CancellationToken.None);
        await runs.WriteAsync(Player.RunId, RunStore.ManifestFile, manifest, PipelinesJson.Default.Manifest, CancellationToken.None);
        await runs.WriteAsync(
            Player.RunId,
            RunStore.EvaluationFile,
            sample.Evaluation! with { Champion = null, VersusChampion = [], VersusAnchor = null, Anchor = null },
            PipelinesJson.Default.Evaluation,
            CancellationToken.None);
        await runs.WriteTextAsync(Player.RunId, RunStore.PredictionsFile, "partition,row\n", CancellationToken.None);
        await store.WriteBytesAsync("cache/model", "a model"u8.ToArray(), BlobCondition.None);
        await runs.WriteAsync(
            Player.RunId,
            RunStore.CandidateFile(0),
            sample.Run.Leaderboard[0] with { ModelBlob = "cache/model" },
            PipelinesJson.Default.CandidateResult,
            CancellationToken.None);
        return store;
    }

    /// <summary>One play of a story, in which something fails once and which goes on.</summary>
    private sealed class Player(MemoryStore blobs, Story story) : CrashPlay
    {
        public const string RunId = "20260301T030000-7f3a";

        private static readonly PipelineSource Source = FlowHarness.Source(
            FlowHarness.Pipeline + "\napprove: { timeout: 3d, remind: [1d], not-author: false, webhook: 'http://127.0.0.1/hook' }");

        private readonly VirtualTimeProvider time = new(Start);
        private readonly List<ApprovalReceipt> receipts = [];
        private TaskCompletionSource asked = new();
        private TaskCompletionSource ended = new();

        public override async Task LiveAsync()
        {
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var store = blobs.With((_, _) =>
            {
                Pass();
                return Task.CompletedTask;
            });
            await using var engine = await EmbeddedEngine.OpenAsync(Catalog(store), Options with { TimeProvider = time, ActivitySlots = 2, Observer = Observe });
            await LiveAsync(ActAsync(store, engine.Client), engine);
        }

        public override async Task<string> FactsAsync()
        {
            var run = (await new RunStore(blobs).FindAsync(RunId))!;
            var view = (await new ApprovalBook(blobs).FindAsync(RunId))!;
            var registry = await new ModelRegistry(blobs, time).ReadAsync("strikes");
            var decision = view.Decision!;
            var isApproved = decision.Verdict == ApprovalVerdict.Approved;
            Assert.Equal((RunStatus.Completed, isApproved ? RunOutcome.Promoted : RunOutcome.Rejected), (run.Status, run.Outcome));
            Assert.Equal(decision, run.Approval);
            Assert.Null(run.Waiting);
            Assert.Equal(isApproved ? 1 : null, registry.ChampionVersion);
            Assert.EndsWith(decision.Summary, Assert.Single(registry.History).Reason, StringComparison.Ordinal);
            Assert.True(receipts.Count(receipt => receipt.Status == AnswerStatus.Counts) <= 1, "two answers count");
            Assert.All(receipts, receipt => Assert.Equal(receipt.Status == AnswerStatus.Counts, receipt.Answer.Id == decision.AnswerId));

            // Where nothing races, a crash must not change the outcome either.
            return story is Story.Approve or Story.Reject or Story.Silence ? $"{decision.Verdict}" : "one of them";
        }

        private async Task ActAsync(IBlobStore store, IOrchestrationClient client)
        {
            var launcher = new RunLauncher(store, client, "test", time);
            await launcher.ReconcileAsync();
            await launcher.StartAsync(new RunStart(RunId, Source, "cli:eve"));
            var run = (await new RunStore(store).FindAsync(RunId))!;
            if (run.Status == RunStatus.Running)
            {
                if (run.Waiting is null)
                {
                    await Alive(asked.Task, client);
                }

                var desk = new ApprovalDesk(store, client, time);
                await Task.WhenAll(story switch
                {
                    Story.Approve => [AnswerAsync(desk, ApprovalChoice.Approve)],
                    Story.Reject => [AnswerAsync(desk, ApprovalChoice.Reject)],
                    Story.TwoAnswers => [AnswerAsync(desk, ApprovalChoice.Approve), AnswerAsync(desk, ApprovalChoice.Reject)],
                    Story.AnswerAtTheTimeOut => [Task.Run(() => AnswerAsync(desk, ApprovalChoice.Approve)), PassAsync()],
                    _ => new[] { PassAsync() },
                });
                await Alive(ended.Task, client);
            }

            Task PassAsync() => Task.Run(() => time.Advance(Start.AddDays(3) - time.GetUtcNow()));
        }

        /// <summary>Waits for what the engine tells; one that has lost its disk tells nothing more, which asking it shows.</summary>
        private static async Task Alive(Task task, IOrchestrationClient client)
        {
            var state = client.WaitForCompletionAsync(RunId);
            if (await Task.WhenAny(task, state) == state)
            {
                await state;
            }
        }

        /// <summary>A person who was told what became of the answer does not answer again.</summary>
        private async Task AnswerAsync(ApprovalDesk desk, ApprovalChoice choice)
        {
            lock (receipts)
            {
                if (receipts.Any(receipt => receipt.Answer.Choice == choice))
                {
                    return;
                }
            }

            var given = await desk.AnswerAsync(new ApprovalReply(RunId, choice, $"cli:{choice}") { Reason = "because" });
            lock (receipts)
            {
                receipts.Add(given);
            }
        }

        private void Observe(EngineEvent happened)
        {
            // A recovered run may be past the request: any later step says that it was asked.
            if (happened.Kind == EngineEventKind.ActivityCompleted && happened.Name is "request-approval" or "settle-approval" or "notify-approval")
            {
                asked.TrySetResult();
            }
            else if (happened.Kind is EngineEventKind.InstanceCompleted or EngineEventKind.InstanceFailed)
            {
                ended.TrySetResult();
            }
        }

        private OrchestrationCatalog Catalog(IBlobStore store)
        {
            var services = new FlowServices(store, time, new ApprovalOptions { WebhookHandler = new Receiver() });
            return new OrchestrationCatalog()
                .AddOrchestrator(FlowSteps.TrainEvaluatePromote, () => new TrainEvaluatePromote())
                .AddActivity(FlowSteps.Plan, new Done<RunRef, PlanSize>(new PlanSize(0, true, 2, 1, true, Approve: true)))
                .AddActivity(FlowSteps.Assemble, new Done<AssembleInput, DatasetSize>(new DatasetSize(1, 1, 1, 1)))
                .AddActivity(FlowSteps.Train, new Done<CandidateRef, CandidateScore>(new CandidateScore(0, 0.8, false)))
                .AddActivity(FlowSteps.Evaluate, new Done<SelectedRef, EvaluationResult>(new EvaluationResult(null, RunOutcome.Promoted, true, "better")))
                .AddActivity(FlowSteps.RequestApproval, new RequestApprovalActivity(services))
                .AddActivity(FlowSteps.NotifyApproval, new NotifyApprovalActivity(services))
                .AddActivity(FlowSteps.SettleApproval, new SettleApprovalActivity(services))
                .AddActivity(FlowSteps.Decide, new DecideActivity(services))
                .AddActivity(FlowSteps.Finish, new Close(services))
                .AddActivity(FlowSteps.Fail, new FailActivity(services));
        }
    }

    /// <summary>A step that is not what is tested here.</summary>
    private sealed class Done<TInput, TOutput>(TOutput result) : Activity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(ActivityContext context, TInput input) => Task.FromResult(result);
    }

    /// <summary>Closes the record as the last step does, without rendering a report.</summary>
    private sealed class Close(FlowServices services) : Activity<FinishInput, RunEnd>
    {
        public override async Task<RunEnd> RunAsync(ActivityContext context, FinishInput input)
        {
            await services.Runs.UpdateAsync(
                input.RunId, record => record with { Status = RunStatus.Completed, Outcome = input.Outcome, Version = input.Version }, context.CancellationToken);
            return new RunEnd(input.RunId, input.Outcome, "");
        }
    }

    private sealed class Receiver : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
    }
}
