using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Definition;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using MlDurable.Storage.Tests;
using Moq;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class ScheduleTickerTests
{
    private readonly MemoryBlobStore store = new();
    private readonly SharedRuns shared;
    private readonly Mock<TimeProvider> clock = new();
    private DateTimeOffset now = At("2026-03-28T12:00:30Z");

    public ScheduleTickerTests()
    {
        clock.Setup(time => time.GetUtcNow()).Returns(() => now);
        shared = new SharedRuns(store);
    }

    [Fact]
    public async Task TickAsync_FirstDeployment_DoesNotRunThePast()
    {
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all");
        var ticker = Ticker();

        Assert.Equal(At("2026-03-28T13:00:00Z"), (await ticker.TickAsync()).Next);
        Assert.Empty(shared.Started);

        await TickAtAsync(ticker, "2026-03-28T13:00:00Z");
        await TickAtAsync(ticker, "2026-03-28T13:00:01Z");

        Assert.Equal([At("2026-03-28T13:00:00Z")], shared.Started);
    }

    [Fact]
    public async Task TickAsync_Due_StartsTheRunOfTheSchedule()
    {
        await DeployAsync("name: nightly, cron: \"0 0 3 * * *\", zone: Europe/Berlin, stage: featurize, set: { share: 0.1 }");

        var tick = await TickAtAsync(Ticker(), "2026-03-29T01:00:00Z");

        var run = Assert.Single(shared.Runs.Values).Start;
        Assert.Equal(RunStage.Featurize, run.Stage);
        Assert.Equal("schedule:nightly", run.RequestedBy);
        Assert.Equal(new RunTrigger(RunTriggerKind.Schedule) { Name = "nightly", Nominal = At("2026-03-29T01:00:00Z") }, run.Trigger);
        Assert.Equal([new("share", "0.1")], run.Pipeline.Parameters);
        Assert.Equal(0.1, run.Pipeline.Definition.Split.Holdout);
        Assert.StartsWith("20260329T010000-", run.RunId, StringComparison.Ordinal);
        Assert.Equal(
            new TickedInstant("damage", "nightly", At("2026-03-29T01:00:00Z"), TickOutcome.Started, run.RunId, null), Assert.Single(tick.Instants));
        Assert.Equal(run.RunId, (await new ClaimStore(store, "x", clock.Object).FindAsync("schedule/damage/nightly/20260329T010000Z"))!.RunId);
    }

    [Theory]
    [InlineData("catch-up: latest", new[] { 17 })]
    [InlineData("catch-up: all", new[] { 13, 14, 15, 16, 17 })]
    [InlineData("catch-up: all, within: 2h", new[] { 16, 17 })]
    [InlineData("catch-up: latest, within: 5m", new int[0])]
    [InlineData("catch-up: none", new int[0])]
    public async Task TickAsync_AfterAnOutage_CatchesUpAsTheScheduleSays(string policy, int[] hours)
    {
        await DeployAsync($"cron: \"0 0 * * * *\", overlap: allow, {policy}");
        await TickAtAsync(Ticker(), "2026-03-28T12:30:00Z");

        var tick = await TickAtAsync(Ticker(), "2026-03-28T17:30:00Z");

        Assert.Equal(hours, shared.Started.Select(static nominal => nominal.Hour));
        Assert.Equal(At("2026-03-28T18:00:00Z"), tick.Next);
        await TickAtAsync(Ticker(), "2026-03-28T18:00:30Z");
        Assert.Equal([.. hours, 18], shared.Started.Select(static nominal => nominal.Hour));
    }

    [Fact]
    public async Task TickAsync_OverlapSkip_SkipsVisibly()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: skip");
        var ticker = Ticker();
        await TickAtAsync(ticker, "2026-03-28T13:00:00Z");

        var tick = await TickAtAsync(ticker, "2026-03-28T14:00:00Z");

        Assert.Equal(TickOutcome.Skipped, Assert.Single(tick.Instants).Outcome);
        Assert.Single(shared.Started);
        var status = Assert.Single((await Board().ListAsync()).Schedules);
        Assert.Equal(At("2026-03-28T14:00:00Z"), status.LastSkipped!.Nominal);
        Assert.Contains(shared.Runs.Keys.Single(), status.LastSkipped.Reason, StringComparison.Ordinal);
        shared.End(shared.Runs.Keys.Single());
        await TickAtAsync(ticker, "2026-03-28T15:00:00Z");
        Assert.Equal([13, 15], shared.Started.Select(static nominal => nominal.Hour));
    }

    [Fact]
    public async Task TickAsync_OverlapQueue_StartsTheEarliestWhenTheRunHasEnded()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: queue");
        var ticker = Ticker();
        foreach (var hour in new[] { 13, 14, 15, 16 })
        {
            await TickAtAsync(ticker, $"2026-03-28T{hour}:00:00Z");
        }

        Assert.Equal([14, 15, 16], Assert.Single((await Board().ListAsync()).Schedules).Waiting.Select(static nominal => nominal.Hour));
        foreach (var expected in new[] { 14, 15, 16 })
        {
            shared.End(shared.Runs.Values.Last().Start.RunId);
            await TickAtAsync(Ticker(), "2026-03-28T16:30:00Z");
            await TickAtAsync(ticker, "2026-03-28T16:30:00Z");
            Assert.Equal(expected, shared.Started[^1].Hour);
        }

        Assert.Equal([13, 14, 15, 16], shared.Started.Select(static nominal => nominal.Hour));
        Assert.Empty(Assert.Single((await Board().ListAsync()).Schedules).Waiting);
    }

    [Fact]
    public async Task TickAsync_QueuedForTooLong_IsSkipped()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: queue, within: 2h");
        var ticker = Ticker();
        await TickAtAsync(ticker, "2026-03-28T13:00:00Z");
        await TickAtAsync(ticker, "2026-03-28T14:00:00Z");

        var tick = await TickAtAsync(ticker, "2026-03-28T16:00:01Z");

        Assert.Equal([(14, TickOutcome.Skipped), (16, TickOutcome.Waiting)], tick.Instants.Select(static instant => (instant.Nominal.Hour, instant.Outcome)));
    }

    [Fact]
    public async Task TickAsync_OverlapCancelOther_EachHostEndsItsOwnRuns()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: cancel-other");
        var (first, second) = (Ticker("first"), Ticker("second"));
        await TickAtAsync(first, "2026-03-28T13:00:00Z");

        var waiting = await TickAtAsync(second, "2026-03-28T14:00:00Z");
        Assert.Equal(TickOutcome.Waiting, Assert.Single(waiting.Instants).Outcome);
        Assert.Empty(shared.Cancelled);

        await TickAtAsync(first, "2026-03-28T14:00:00Z");
        Assert.Equal([13, 14], shared.Started.Select(static nominal => nominal.Hour));
        Assert.Equal([shared.Runs.Keys.First()], shared.Cancelled);
        await TickAtAsync(second, "2026-03-28T14:00:01Z");
        Assert.Single(shared.Cancelled);
    }

    [Fact]
    public async Task TickAsync_Jitter_IsTheSameOnEveryHostAndWithinItsLimit()
    {
        await DeployAsync("cron: \"0 0 * * * *\", jitter: 30m, overlap: allow");
        var delays = new List<TimeSpan>();
        for (var hour = At("2026-03-28T13:00:00Z"); hour < At("2026-03-29T13:00:00Z"); hour = hour.AddHours(1))
        {
            now = hour;
            while (shared.Started.Count == delays.Count)
            {
                await Ticker($"host-{now.Minute % 3}").TickAsync();
                now = now.AddMinutes(1);
            }

            delays.Add(now - hour);
        }

        Assert.Equal(24, shared.Started.Count);
        Assert.All(delays, static delay => Assert.InRange(delay, TimeSpan.Zero, TimeSpan.FromMinutes(32)));
        Assert.True(delays.Distinct().Count() > 10);
    }

    [Fact]
    public async Task TickAsync_StartAndEnd_AreKept()
    {
        await DeployAsync("every: 1h, start: 2026-03-28T14:30:00Z, end: 2026-03-28T16:30:00Z, overlap: allow, catch-up: all");

        var tick = await TickAtAsync(Ticker(), "2026-03-28T20:00:00Z");

        Assert.Equal([At("2026-03-28T14:30:00Z"), At("2026-03-28T15:30:00Z")], shared.Started);
        Assert.Equal(DateTimeOffset.MaxValue, tick.Next ?? DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task TickAsync_ClockSetBack_RepeatsNothing()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: allow, catch-up: all");
        await TickAtAsync(Ticker(), "2026-03-28T15:00:00Z");
        foreach (var time in new[] { "12:30", "13:00", "14:00", "15:00", "16:00" })
        {
            await TickAtAsync(Ticker(), $"2026-03-28T{time}:00Z");
        }

        Assert.Equal([13, 14, 15, 16], shared.Started.Select(static nominal => nominal.Hour));
    }

    [Fact]
    public async Task TickAsync_ClockSetForward_IsAnOutage()
    {
        await DeployAsync("cron: \"0 0 * * * *\", overlap: allow, catch-up: all, within: 3h");
        var ticker = Ticker();
        await TickAtAsync(ticker, "2026-03-28T13:00:00Z");
        await TickAtAsync(ticker, "2027-03-28T12:00:00Z");

        Assert.Equal(["28T13", "28T09", "28T10", "28T11", "28T12"], shared.Started.Select(static nominal => nominal.ToString("dd'T'HH")));
    }

    [Fact]
    public async Task TickAsync_BrokenPipelineAndSchedule_StopNoOther()
    {
        await DeployAsync("cron: \"0 0 * * * *\"");
        await store.WriteBytesAsync("pipelines/aaa/deployment.json", "{"u8.ToArray(), BlobCondition.None);
        var gone = await new PipelineDeployments(store, clock.Object).DeployAsync(Source("bbb", "every: 1h"), "ada");
        await store.DeleteAsync($"pipelines/bbb/versions/{gone.Hash}.yaml", BlobCondition.None);
        await new PipelineDeployments(store, clock.Object).DeployAsync(Source("ccc", "every: 10s"), "ada");

        var tick = await TickAtAsync(new ScheduleTicker(store, shared.Of("host"), "host", clock.Object) { MinimumGap = TimeSpan.FromMinutes(1) }, "2026-03-28T13:00:00Z");

        Assert.Single(shared.Started);
        Assert.Equal(
            [("aaa", null, "blob-corrupt"), ("bbb", null, "blob-not-found"), ("ccc", "schedule", "schedule-too-fine")],
            tick.Problems.Select(static problem => (problem.Pipeline, problem.Schedule, problem.Code)));
        var overview = await new ScheduleBoard(store, clock.Object) { MinimumGap = TimeSpan.FromMinutes(1) }.ListAsync();
        Assert.Equal(["aaa", "bbb"], overview.Problems.Select(static problem => problem.Pipeline));
        Assert.Equal([("ccc", "schedule-too-fine"), ("damage", null)], overview.Schedules.Select(static status => (status.Pipeline, status.Problem?.Code)));
    }

    [Fact]
    public async Task TickAsync_ChangedSchedule_DoesNotRunThePastOfTheNewOne()
    {
        await DeployAsync("cron: \"0 0 3 * * *\", catch-up: all, overlap: allow");
        await TickAtAsync(Ticker(), "2026-03-29T03:00:00Z");
        now = At("2026-03-29T12:30:00Z");
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all, overlap: allow");

        await TickAtAsync(Ticker(), "2026-03-29T13:00:00Z");

        Assert.Equal([At("2026-03-29T03:00:00Z"), At("2026-03-29T13:00:00Z")], shared.Started);
    }

    [Fact]
    public async Task TickAsync_Undeployed_StartsNothing()
    {
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all, overlap: allow");
        var ticker = Ticker();
        await TickAtAsync(ticker, "2026-03-28T13:00:00Z");
        await new PipelineDeployments(store, clock.Object).RemoveAsync("damage");
        Assert.Empty((await TickAtAsync(ticker, "2026-03-28T15:00:00Z")).Instants);

        now = At("2026-03-28T16:30:00Z");
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all, overlap: allow");
        await TickAtAsync(ticker, "2026-03-28T17:00:00Z");

        Assert.Equal([13, 17], shared.Started.Select(static nominal => nominal.Hour));
    }

    [Fact]
    public async Task Board_Pause_HoldsTheScheduleUntilItIsUnpaused()
    {
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all, overlap: allow");
        var ticker = Ticker();
        await ticker.TickAsync();
        var paused = Assert.Single(await Board().PauseAsync("damage", null, "ada", "the data is wrong"));
        Assert.Equal(new SchedulePause("ada", now, "the data is wrong"), paused.Pause);
        now = At("2026-03-28T12:40:00Z");
        Assert.Equal(paused.Pause, Assert.Single(await Board().PauseAsync("damage", "schedule", "grace", "again")).Pause);

        await TickAtAsync(ticker, "2026-03-28T15:00:00Z");
        Assert.Empty(shared.Started);

        Assert.Null(Assert.Single(await Board().UnpauseAsync("damage", "schedule")).Pause);
        await TickAtAsync(ticker, "2026-03-28T15:00:01Z");
        Assert.Equal([13, 14, 15], shared.Started.Select(static nominal => nominal.Hour));
    }

    [Theory]
    [InlineData("damag", null, "pipeline-not-deployed", "did you mean 'damage'?")]
    [InlineData("../damage", null, "pipeline-not-deployed", "damage")]
    [InlineData("damage", "shedule", "schedule-not-found", "did you mean 'schedule'?")]
    public async Task Board_WhatIsNotThere_IsRefusedByName(string pipeline, string? schedule, string code, string words)
    {
        await DeployAsync("cron: \"0 0 * * * *\"");

        var refused = await Assert.ThrowsAsync<PipelineException>(() => Board().PauseAsync(pipeline, schedule, "ada", "test"));

        Assert.Equal(code, refused.Code);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Board_List_ShowsTheNextInstantsAndTheLastRun()
    {
        await DeployAsync("name: nightly, cron: \"0 30 2 * * *\", zone: Europe/Berlin");
        await TickAtAsync(Ticker(), "2026-03-29T01:00:00Z");

        var status = Assert.Single((await Board().ListAsync("damage", 2)).Schedules);

        Assert.Equal("0 30 2 * * * Europe/Berlin", status.When);
        Assert.Equal([At("2026-03-30T00:30:00Z"), At("2026-03-31T00:30:00Z")], status.Next.AsEnumerable());
        Assert.Equal(new ScheduledRun(At("2026-03-29T01:00:00Z"), shared.Runs.Keys.Single()), status.LastRun);
    }

    /// <summary>Whichever write or read is the last one before the host dies, this one or another goes on with exactly one run.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TickAsync_CrashAtEveryAccessOfTheStore_StartsExactlyOneRun(bool sameHost)
    {
        await DeployAsync("cron: \"0 0 * * * *\", catch-up: all, overlap: allow");
        var crashes = 0;
        for (var isCrashing = true; isCrashing; crashes++)
        {
            var dying = new DyingStore(store, crashes);
            now = At("2026-03-28T13:00:00Z").AddHours(crashes);
            await CrashAsync(dying, "dying");
            isCrashing = dying.HasDied;

            now += sameHost ? TimeSpan.FromSeconds(1) : ClaimStore.Lease;
            await Ticker(sameHost ? "dying" : "other").TickAsync();

            Assert.Equal(Enumerable.Range(0, crashes + 1).Select(hour => At("2026-03-28T13:00:00Z").AddHours(hour)), shared.Started);
        }

        Assert.True(crashes > 8, $"{crashes}");
    }

    [Theory]
    [InlineData("0 */5 * * * *", "Europe/Berlin", 105_120)]
    [InlineData("0 */5 0-4 * * *", "America/Chicago", 21_900 - 12)]
    public async Task TickAsync_YearOfFiveMinutes_TwoHostsAndAHundredRestarts_NoneTwiceNoneLost(string cron, string zone, int count)
    {
        var random = new Random(20260101);
        now = At("2026-01-01T00:00:00Z") - ZoneOffsets.Of(TimeZones.Find(zone).Zone!).At(At("2026-01-01T00:00:00Z").UtcDateTime) - TimeSpan.FromSeconds(1);
        var start = now;
        var end = now.AddYears(1);
        await DeployAsync($"cron: \"{cron}\", zone: {zone}, catch-up: all, within: 7d, overlap: allow");
        var restarts = new SortedSet<DateTimeOffset>();
        while (restarts.Count < 100)
        {
            restarts.Add(start.AddMinutes(random.Next(365 * 24 * 60)));
        }

        var hosts = new[] { Ticker("first"), Ticker("second") };
        var crashes = 0;
        for (; now <= end; now = now.AddSeconds(random.Next(60, 600)))
        {
            var host = random.Next(2);
            while (restarts.Count > 0 && restarts.Min <= now)
            {
                restarts.Remove(restarts.Min);
                var dying = new DyingStore(store, random.Next(12));
                await CrashAsync(dying, NameOf(host));
                crashes += dying.HasDied ? 1 : 0;
                hosts[host] = Ticker(NameOf(host));
                now = now.AddMinutes(random.Next(120));
            }

            await Task.WhenAll((random.Next(20) == 0 ? hosts : [hosts[host]]).Select(static ticker => ticker.TickAsync()));
        }

        now = end + ClaimStore.Lease;
        await hosts[0].TickAsync();
        await hosts[1].TickAsync();
        var expected = ScheduleRule.Of(new ScheduleDefinition { Name = "s", Cron = cron, Zone = zone }).Between(start, now).ToList();

        Assert.Equal(expected, shared.Started.Order());
        Assert.Equal(count, expected.Count(instant => instant <= end));
        Assert.True(crashes > 30, $"{crashes}");

        static string NameOf(int host) => host == 0 ? "first" : "second";
    }

    private async Task CrashAsync(DyingStore dying, string host)
    {
        try
        {
            await new ScheduleTicker(dying, new SharedRuns.Starter(shared, dying, host), host, clock.Object).TickAsync();
        }
        catch (DyingStore.DeadException)
        {
            // The deployments could not be listed any more.
        }
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static PipelineSource Source(string name, string schedule)
    {
        var text = $$"""
            pipeline: {{name}}
            parameters:
              share: { type: number, default: 0.2 }
            data:
              files: strikes/*.csv
              label: { column: Effect }
            split: { holdout: "${share}" }
            train:
              candidates:
                - trainer: logistic-regression
            triggers:
              - schedule: { {{schedule}} }
            """;
        var loaded = PipelineText.Load(text);
        Assert.Empty(loaded.Problems.Select(static problem => problem.ToString()));
        return new PipelineSource("pipeline.yaml", Encoding.UTF8.GetBytes(text), loaded.ContentHash, loaded.Definition!, ImmutableSortedDictionary<string, string>.Empty);
    }

    private Task<PipelineDeployment> DeployAsync(string schedule) => new PipelineDeployments(store, clock.Object).DeployAsync(Source("damage", schedule), "ada");

    private ScheduleTicker Ticker(string host = "host") => new(store, shared.Of(host), host, clock.Object);

    private ScheduleBoard Board() => new(store, clock.Object);

    private Task<ScheduleTick> TickAtAsync(ScheduleTicker ticker, string time)
    {
        now = At(time);
        return ticker.TickAsync();
    }

    /// <summary>The runs of all hosts of a store: each is made once, by its identity.</summary>
    private sealed class SharedRuns(IBlobStore store)
    {
        private readonly Lock gate = new();
        private readonly HashSet<string> unfinished = [];

        public OrderedDictionary<string, (RunStart Start, string Engine)> Runs { get; } = [];

        public List<DateTimeOffset> Started { get; } = [];

        public List<string> Cancelled { get; } = [];

        public Starter Of(string engine) => new(this, store, engine);

        public void End(string runId) => unfinished.Remove(runId);

        public sealed class Starter(SharedRuns shared, IBlobStore store, string engine) : IRunStarter
        {
            public async Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default)
            {
                var record = RecordOf(start, engine);
                try
                {
                    // A host that dies while it writes may have written.
                    await store.WriteJsonAsync(
                        RunStore.FileName(start.RunId, "run.json"), record, PipelinesJson.Default.RunRecord, BlobCondition.IfAbsent, cancellationToken);
                    shared.Add(start, engine);
                    return true;
                }
                catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
                {
                    return false;
                }
                catch (DyingStore.DeadAfterwardsException)
                {
                    shared.Add(start, engine);
                    throw;
                }
            }

            public Task<IReadOnlyList<RunRecord>> UnfinishedAsync(string pipeline, CancellationToken cancellationToken = default)
            {
                lock (shared.gate)
                {
                    return Task.FromResult<IReadOnlyList<RunRecord>>(
                    [
                        .. shared.Runs.Where(run => shared.unfinished.Contains(run.Key) && run.Value.Start.Pipeline.Definition.Name == pipeline)
                            .Select(static run => RecordOf(run.Value.Start, run.Value.Engine)),
                    ]);
                }
            }

            public Task CancelAsync(string runId, string reason, CancellationToken cancellationToken = default)
            {
                shared.Cancelled.Add(runId);
                shared.End(runId);
                return Task.CompletedTask;
            }
        }

        private static RunRecord RecordOf(RunStart start, string engine) => new()
        {
            RunId = start.RunId,
            Pipeline = start.Pipeline.Definition.Name,
            PipelineHash = start.Pipeline.Hash,
            Model = start.Pipeline.Definition.Promote.Model,
            Parameters = start.Pipeline.Parameters,
            Engine = engine,
            Trigger = start.Trigger,
            Status = RunStatus.Running,
            StartedAt = start.Trigger.Nominal!.Value,
        };

        private void Add(RunStart start, string engine)
        {
            lock (gate)
            {
                Assert.True(Runs.TryAdd(start.RunId, (start, engine)), "the run is made twice");
                Started.Add(start.Trigger.Nominal!.Value);
                unfinished.Add(start.RunId);
            }
        }
    }

    /// <summary>A store whose host dies at one access, before or after it took effect.</summary>
    private sealed class DyingStore(IBlobStore inner, int accesses) : IBlobStore
    {
        private int done;

        public bool HasDied { get; private set; }

        public string Description => inner.Description;

        public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default) => AccessAsync(() => inner.GetPropertiesAsync(name, ct));

        public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default) =>
            AccessAsync(() => inner.OpenReadAsync(name, ifMatch, ct));

        public Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default) =>
            AccessAsync(() => inner.WriteAsync(name, content, condition, ct));

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default) =>
            AccessAsync(() => inner.DeleteAsync(name, condition, ct));

        public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default)
        {
            if (HasDied)
            {
                throw new DeadException();
            }

            return inner.ListAsync(prefix, startAfter, ct);
        }

        private async Task<T> AccessAsync<T>(Func<Task<T>> access)
        {
            // An even number dies before the access, an odd one after it.
            if (HasDied || done++ == accesses)
            {
                var isFirst = !HasDied;
                HasDied = true;
                if (isFirst && accesses % 2 == 1)
                {
                    await access();
                    throw new DeadAfterwardsException();
                }

                throw new DeadException();
            }

            return await access();
        }

        public sealed class DeadException() : Exception("dead");

        public sealed class DeadAfterwardsException() : Exception("dead afterwards");
    }
}
