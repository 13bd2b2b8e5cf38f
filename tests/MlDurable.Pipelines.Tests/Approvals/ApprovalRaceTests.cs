using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Activities;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Pipelines.Tests.Approvals;

/// <summary>Answers, the time-out and deaths in every order of their steps: exactly one outcome, and nobody is told another one.</summary>
public sealed class ApprovalRaceTests
{
    private const string RunId = "20260301T030000-7f3a";
    private static readonly DateTimeOffset Asked = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    /// <summary>Every interleaving of one answer and the time-out, each of which may die before any of its steps.</summary>
    [Fact]
    public async Task AnswerAndTimeOut_EveryInterleavingAndEveryDeath_HaveOneOutcome()
    {
        var blobs = await RequestAsync();
        var histories = 0;
        var outcomes = new HashSet<(ApprovalVerdict, AnswerStatus?)>();

        // Depth first: a history is a path of choices, and the next one differs in its last choice that has an alternative.
        var path = new List<(int Choice, int Count)>();
        do
        {
            var next = 0;
            outcomes.Add(Play(blobs, [ApprovalChoice.Approve], count =>
            {
                if (next == path.Count)
                {
                    path.Add((0, count));
                }

                return path[next++].Choice;
            }));
            histories++;
            while (path.Count > 0 && path[^1].Choice == path[^1].Count - 1)
            {
                path.RemoveAt(path.Count - 1);
            }

            if (path.Count > 0)
            {
                path[^1] = (path[^1].Choice + 1, path[^1].Count);
            }
        }
        while (path.Count > 0);

        Assert.True(histories > 1000, $"{histories} histories are no test");
        Assert.Contains((ApprovalVerdict.Approved, AnswerStatus.Counts), outcomes);
        Assert.Contains((ApprovalVerdict.Approved, null), outcomes);
        Assert.Contains((ApprovalVerdict.TimedOut, AnswerStatus.Late), outcomes);
    }

    /// <summary>Random interleavings of several answers, the time-out and deaths.</summary>
    [Fact]
    public async Task SeveralAnswersAndTimeOut_RandomInterleavings_HaveOneOutcome()
    {
        var blobs = await RequestAsync();
        var cases = from choices in Gen.Elements(ApprovalChoice.Approve, ApprovalChoice.Reject).NonEmptyListOf().Select(list => list.Take(4).ToArray())
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (choices, seed);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(cases.ToArbitrary(), one =>
            {
                var random = new Random(one.seed);
                Play(blobs, one.choices, random.Next);
            }));
    }

    /// <summary>Plays one history on this thread alone: the test framework's context would carry steps elsewhere.</summary>
    private static (ApprovalVerdict Verdict, AnswerStatus? Told) Play(MemoryStore blobs, ApprovalChoice[] choices, Func<int, int> choose)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var played = PlayAsync(blobs, choices, choose);
            Assert.True(played.IsCompleted, "an interleaving has nothing to wait for");
            return played.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Plays one history, lets the survivors recover, and judges it.</summary>
    /// <param name="blobs">The store with an open request.</param>
    /// <param name="choices">What each person answers.</param>
    /// <param name="choose">Chooses from 0 up to a count.</param>
    /// <returns>The outcome, and what the first person was told; null when the answer died.</returns>
    private static async Task<(ApprovalVerdict Verdict, AnswerStatus? Told)> PlayAsync(MemoryStore blobs, ApprovalChoice[] choices, Func<int, int> choose)
    {
        var store = blobs.Copy();
        var interleaving = new Interleaving();
        var told = new ApprovalReceipt?[choices.Length];
        var events = 0;
        SettleApprovalResult? settled = null;
        for (var person = 0; person < choices.Length; person++)
        {
            var index = person;
            interleaving.Add(async actor =>
            {
                // The clock is just before the time-out, so that the answer and the time-out meet.
                var desk = new ApprovalDesk(
                    Stepped(store, actor),
                    ClientOf(async () =>
                    {
                        await actor.StepAsync(changes: true);
                        events++;
                    }),
                    new FixedTime(Asked.AddDays(7).AddTicks(-1)));
                told[index] = await desk.AnswerAsync(new ApprovalReply(RunId, choices[index], $"cli:person-{index}") { Reason = "I looked at it" });
            });
        }

        interleaving.Add(async actor => settled = await SettleAsync(Stepped(store, actor), isTimeOut: true));

        while (interleaving.Ready is { Count: > 0 } ready)
        {
            // The last choice is a death: of the actor that would be first.
            var chosen = choose(ready.Count + (ready[0].IsToChange ? 1 : 0));
            if (chosen == ready.Count)
            {
                ready[0].Die();
            }
            else
            {
                ready[chosen].Go();
            }
        }

        // What a host does after a crash: it reconciles, and the engine repeats what it has no result of.
        var run = (await new RunStore(store).FindAsync(RunId))!;
        var desk = new ApprovalDesk(store, ClientOf(() => Task.FromResult(events++)), new FixedTime(Asked.AddDays(7)));
        if (run.Waiting is not null)
        {
            var before = events;
            var isWoken = await desk.WakeAsync(run, CancellationToken.None);
            Assert.Equal(isWoken, events > before);
            var looked = await SettleAsync(store, isTimeOut: false);
            Assert.Equal(isWoken, looked.Verdict is not null);
        }

        var end = await SettleAsync(store, isTimeOut: true);
        var view = (await new ApprovalBook(store).FindAsync(RunId))!;
        run = (await new RunStore(store).FindAsync(RunId))!;

        Assert.Equal(view.Decision!.Verdict, end.Verdict);
        Assert.Equal(view.Decision, run.Approval);
        Assert.Null(run.Waiting);
        Assert.True(settled is null || settled == end, "the time-out was settled otherwise before the crash than after it");
        Assert.Equal(view.Decision.AnswerId is null, view.Decision.Verdict == ApprovalVerdict.TimedOut);
        var receipts = told.OfType<ApprovalReceipt>().ToList();
        Assert.True(receipts.Count(receipt => receipt.Status == AnswerStatus.Counts) <= 1, "two persons were told that their answers count");
        Assert.All(receipts, receipt =>
        {
            Assert.Contains(receipt.Answer, view.Answers);
            Assert.Equal(receipt.Status == AnswerStatus.Counts, receipt.Answer.Id == view.Decision.AnswerId);
            Assert.True(receipt.Decision is null || receipt.Decision == view.Decision);
        });
        if (view.Decision.AnswerId is { } id)
        {
            var decisive = view.Answers.Single(answer => answer.Id == id);
            Assert.Equal(decisive.Choice == ApprovalChoice.Approve ? ApprovalVerdict.Approved : ApprovalVerdict.Rejected, view.Decision.Verdict);
            Assert.Equal(decisive.By, view.Decision.By);
        }

        // A late answer over the same desk changes nothing any more.
        var late = await desk.AnswerAsync(new ApprovalReply(RunId, ApprovalChoice.Approve, "cli:late"));
        Assert.NotEqual(AnswerStatus.Counts, late.Status);
        Assert.Equal(view.Decision, (await new ApprovalBook(store).FindAsync(RunId))!.Decision);
        return (view.Decision.Verdict, told[0]?.Status);
    }

    /// <summary>The request itself never changes, so that reading it is no step that an order could matter for.</summary>
    private static MemoryStore Stepped(MemoryStore store, Interleaving.Actor actor) =>
        store.With((name, writes) => name.Contains("/approval/request-", StringComparison.Ordinal) ? Task.CompletedTask : actor.StepAsync(writes));

    private static Task<SettleApprovalResult> SettleAsync(IBlobStore store, bool isTimeOut)
    {
        var services = new FlowServices(store, new FixedTime(Asked.AddDays(7)), new ApprovalOptions());
        return new SettleApprovalActivity(services).RunAsync(Mock.Of<ActivityContext>(), new SettleApprovalInput(RunId, 1, isTimeOut));
    }

    /// <summary>A store with a run that waits for an answer to its first request.</summary>
    private static async Task<MemoryStore> RequestAsync()
    {
        var store = new MemoryStore();
        var evidence = new ApprovalEvidence("e", "m", "p", "f");
        await new ApprovalFiles(store).AskAsync(
            new ApprovalRequest
            {
                RunId = RunId,
                Number = 1,
                Pipeline = "strikes",
                Model = "strikes",
                Summary = "better",
                Evidence = evidence,
                EvidenceHash = "shown",
                AskedAt = Asked,
                ExpiresAt = Asked.AddDays(7),
            },
            CancellationToken.None);
        var record = new RunRecord
        {
            RunId = RunId,
            Engine = "test",
            Pipeline = "strikes",
            PipelineHash = "hash",
            Model = "strikes",
            Parameters = ImmutableSortedDictionary<string, string>.Empty,
            Status = RunStatus.Running,
            StartedAt = Asked,
            Waiting = new ApprovalWait(1, Asked, Asked.AddDays(7), "shown"),
        };
        await new RunStore(store).WriteAsync(RunId, RunStore.RecordFile, record, PipelinesJson.Default.RunRecord, CancellationToken.None);
        return store;
    }

    private static IOrchestrationClient ClientOf(Func<Task> raise)
    {
        var client = new Mock<IOrchestrationClient>(MockBehavior.Strict);
        client
            .Setup(it => it.RaiseEventAsync(RunId, FlowSteps.Approval, It.IsAny<JsonElement>(), It.IsAny<CancellationToken>()))
            .Returns(raise);
        return client.Object;
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
