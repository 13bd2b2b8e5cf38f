namespace MlDurable.Orchestration.Conformance;

public abstract class TimerConformance : ConformanceSuite
{
    private static OrchestrationCatalog Waiting(TimeSpan delay) => Catalog(async (context, _) =>
    {
        var start = context.CurrentUtcDateTime;
        context.SetCustomStatus("waiting", ConformanceJson.Default.String);
        await context.CreateTimerAsync(delay, CancellationToken.None);
        return context.CurrentUtcDateTime - start >= delay ? "waited" : "too early";
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-1000)]
    public async Task CreateTimer_DueAlready_FiresAtOnce(int milliseconds) =>
        AssertCompleted("waited", await RunAsync(Waiting(TimeSpan.FromMilliseconds(milliseconds))));

    [Theory]
    [InlineData(0.001)]
    [InlineData(4_294_967)] // 49.7 days, the longest wait of a timer of the system
    [InlineData(315_576_000)] // 10 years
    public async Task CreateTimer_Later_FiresWhenDueAndNotBefore(double seconds)
    {
        var delay = TimeSpan.FromSeconds(seconds);
        await Harness.OpenAsync(Waiting(delay));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.AdvanceAsync(delay - TimeSpan.FromTicks(5000));
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Harness.AdvanceAsync(TimeSpan.FromMilliseconds(2));
        AssertCompleted("waited", await EndAsync("i"));
    }

    [Fact]
    public async Task CreateTimer_DueWhileClosed_FiresAfterOpening()
    {
        var catalog = Waiting(TimeSpan.FromDays(3));
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.CrashAsync();
        await Harness.AdvanceAsync(TimeSpan.FromDays(4));
        await Harness.OpenAsync(catalog);
        AssertCompleted("waited", await EndAsync("i"));
    }

    [Fact]
    public async Task CreateTimer_Cancelled_ThrowsAndDoesNotHoldUpTheEnd()
    {
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var timer = context.CreateTimerAsync(TimeSpan.FromDays(3650), cancel.Token);
            await context.CallActivityAsync(Echo, "x");
            cancel.Cancel();
            try
            {
                await timer;
                return "fired";
            }
            catch (TaskCanceledException)
            {
                return "cancelled";
            }
        }));
        AssertCompleted("cancelled", state);
    }

    [Fact]
    public async Task CreateTimer_LeftBehind_DoesNotHoldUpTheEnd() => AssertCompleted("ended", await RunAsync(Catalog((context, _) =>
    {
        var timer = context.CreateTimerAsync(TimeSpan.FromDays(3650), CancellationToken.None);
        Assert.False(timer.IsCompleted);
        return Task.FromResult("ended");
    })));

    [Fact]
    public async Task CreateTimer_Several_FireInTheOrderOfTheirDueTimes()
    {
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var order = "";
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await Task.WhenAll(WaitAsync("c", 3), WaitAsync("a", 1), WaitAsync("b", 2));
            return order;

            async Task WaitAsync(string name, int hours)
            {
                await context.CreateTimerAsync(TimeSpan.FromHours(hours), CancellationToken.None);
                order += name;
            }
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.AdvanceAsync(TimeSpan.FromHours(4));
        AssertCompleted("abc", await EndAsync("i"));
    }
}
