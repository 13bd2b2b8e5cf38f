using System.Text.Json;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.DurableTask;
using Moq;

namespace MlDurable.Signatures.Tests.DurableTask;

public sealed class ActivityRunnerTests : IDisposable
{
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");

    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Mock<IActivityStarts> _starts = new();

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task RunActivity_Succeeds_KnowsWhoItIs()
    {
        var outcome = await RunAsync((context, input) => Task.FromResult($"{context.IdempotencyKey} {context.Attempt} {context.Name} {input}"));
        Assert.Equal("i/3/7 2 work x", outcome.Output!.Value.GetString());
    }

    [Fact]
    public async Task RunActivity_Throws_IsAResultWithItsCode()
    {
        var outcome = await RunAsync((_, _) => throw new CodedException("csv-empty", "no rows"));
        Assert.Equal(("csv-empty", "no rows"), (outcome.Failure!.Code, outcome.Failure.ErrorMessage));
        Assert.Null(outcome.Output);
    }

    [Fact]
    public async Task RunActivity_HostStops_IsInterruptedAndNotFailed()
    {
        var started = new TaskCompletionSource();
        var running = RunAsync(async (context, _) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return "";
        });
        await started.Task;
        await _stopping.CancelAsync();
        var outcome = await running;
        Assert.True(outcome.Interrupted);
        Assert.Null(outcome.Failure);
        _starts.Verify(starts => starts.EndAsync("i/3/7", false));
    }

    [Theory]
    [InlineData(true, OrchestrationErrorCodes.ActivityTimeout)]
    [InlineData(false, OrchestrationErrorCodes.ActivityHeartbeatTimeout)]
    public async Task RunActivity_DoesNotObeyItsToken_FailsAllTheSame(bool whole, string code)
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var minute = TimeSpan.FromMinutes(1);
        var running = RunAsync(
            async (_, _) =>
            {
                started.SetResult();
                await release.Task;
                return "too late";
            },
            Call() with { Timeout = whole ? minute : null, HeartbeatTimeout = whole ? null : minute });
        await started.Task;
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(code, (await running).Failure!.Code);
        release.SetResult();
    }

    [Fact]
    public async Task RunActivity_DeadlinePassesMeanwhile_FailsAllTheSame()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var running = RunAsync(
            async (_, _) =>
            {
                started.SetResult();
                await release.Task;
                return "too late";
            },
            Call() with { Deadline = _time.GetUtcNow().AddMinutes(1) });
        await started.Task;
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, (await running).Failure!.Code);
        release.SetResult();
    }

    [Fact]
    public async Task RunActivity_DeadlineHasPassed_IsNotBegun()
    {
        var begun = false;
        var outcome = await RunAsync(
            (_, input) =>
            {
                begun = true;
                return Task.FromResult(input);
            },
            Call() with { Deadline = _time.GetUtcNow() });
        Assert.Equal(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, outcome.Failure!.Code);
        Assert.False(begun);
    }

    [Fact]
    public async Task RunActivity_UnknownPool_Fails() => Assert.Equal(
        OrchestrationErrorCodes.PoolUnknown,
        (await RunAsync((_, input) => Task.FromResult(input), Call() with { Pool = "nowhere" })).Failure!.Code);

    [Fact]
    public async Task RunActivity_PoolIsFullAndHostStops_IsInterrupted()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var engine = Engine(async (_, input) =>
        {
            started.SetResult();
            await release.Task;
            return input;
        });
        var first = RunAsync(engine, Call() with { Pool = "narrow" });
        await started.Task;
        var second = RunAsync(engine, Call() with { Pool = "narrow", Sequence = 8 });
        await _stopping.CancelAsync();
        Assert.True((await second).Interrupted);
        release.SetResult();
        Assert.Equal("x", (await first).Output!.Value.GetString());
    }

    [Fact]
    public async Task RunActivity_PoolIsFullUntilTheDeadline_FailsThenAndIsNotBegun()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var engine = Engine(async (_, input) =>
        {
            started.SetResult();
            await release.Task;
            return input;
        });
        var first = RunAsync(engine, Call() with { Pool = "narrow" });
        await started.Task;
        var second = RunAsync(engine, Call() with { Pool = "narrow", Sequence = 8, Deadline = _time.GetUtcNow().AddMinutes(1) });
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, (await second).Failure!.Code);
        release.SetResult();
        Assert.Equal("x", (await first).Output!.Value.GetString());
    }

    [Theory]
    [InlineData("narrow", 2, OrchestrationErrorCodes.PoolTooSmall)]
    [InlineData(null, 2, OrchestrationErrorCodes.PoolUnknown)]
    public async Task RunActivity_MorePoolSlotsThanThereAre_Fails(string? pool, int weight, string code) => Assert.Equal(
        code, (await RunAsync((_, input) => Task.FromResult(input), Call() with { Pool = pool, PoolWeight = weight })).Failure!.Code);

    [Fact]
    public async Task ActivityPool_HeavyWaitsAndOneBehindIt_AreServedInOrderAndLoseNoSlot()
    {
        var pool = new ActivityPool(2);
        await pool.TakeAsync(1, CancellationToken.None);
        var heavy = pool.TakeAsync(2, CancellationToken.None);
        using var stopping = new CancellationTokenSource();
        var given = pool.TakeAsync(1, stopping.Token);
        var light = pool.TakeAsync(1, CancellationToken.None);
        Assert.False(heavy.IsCompleted || given.IsCompleted || light.IsCompleted);
        pool.Release(1);
        await heavy;
        Assert.False(light.IsCompleted);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        pool.Release(2);
        await light;
        await pool.TakeAsync(1, CancellationToken.None);
        Assert.False(pool.TakeAsync(1, CancellationToken.None).IsCompleted);
    }

    [Theory]
    [InlineData(4, null)]
    [InlineData(5, OrchestrationErrorCodes.ActivityPoisoned)]
    public async Task RunActivity_TookItsProcessDownBefore_IsGivenUpAfterSoManyTimes(int crashes, string? code)
    {
        _starts.Setup(starts => starts.BeginAsync("i/3/7", _stopping.Token)).ReturnsAsync(new ActivityStarts(crashes + 2, crashes));
        var outcome = await RunAsync((context, _) => Task.FromResult($"{context.Attempt}"));
        Assert.Equal(code, outcome.Failure?.Code);
        Assert.Equal(code is null ? $"{crashes + 3}" : null, outcome.Output?.GetString());
    }

    [Fact]
    public async Task RunActivity_ResultTooLarge_NamesTheStep()
    {
        var outcome = await RunAsync((_, _) => Task.FromResult(new string('x', 40_000)));
        Assert.Equal(OrchestrationErrorCodes.PayloadTooLarge, outcome.Failure!.Code);
        Assert.Contains("step 7 'work'", outcome.Failure.ErrorMessage, StringComparison.Ordinal);
    }

    private static ActivityInput Call() => new()
    {
        InstanceId = "i",
        Generation = 3,
        Sequence = 7,
        Attempt = 2,
        Input = JsonElement.Parse("\"x\""),
    };

    private DurableTaskEngine Engine(Func<ActivityContext, string, Task<string>> work) => new(
        new OrchestrationCatalog().Add(s_work, work),
        new()
        {
            TimeProvider = _time,
            Pools = new Dictionary<string, int> { ["narrow"] = 1 },
            ActivityStarts = _starts.Object,
        });

    private Task<ActivityOutcome> RunAsync(Func<ActivityContext, string, Task<string>> work, ActivityInput? call = null)
    {
        if (!_starts.Setups.Any())
        {
            _starts.Setup(starts => starts.BeginAsync(It.IsAny<string>(), _stopping.Token)).ReturnsAsync(new ActivityStarts(1, 0));
        }

        return RunAsync(Engine(work), call ?? Call());
    }

    private async Task<ActivityOutcome> RunAsync(DurableTaskEngine engine, ActivityInput call) =>
        (await engine.RunActivityAsync(
            "work", JsonSerializer.SerializeToElement(call, DurableTaskJson.Default.ActivityInput), _stopping.Token))
        .Deserialize(DurableTaskJson.Default.ActivityOutcome)!;
}
