using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;

namespace MlDurable.Orchestration.Tests;

public sealed class RetryPolicyTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TaskFailureDetails s_failure = new("T", "m", null, null, null);

    private static RetryPolicy Policy => new() { MaxAttempts = 5, FirstRetryInterval = TimeSpan.FromSeconds(10), BackoffCoefficient = 3 };

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 30)]
    [InlineData(4, 270)]
    public void NextAttempt_Backoff_MultipliesTheWait(int failed, int seconds) =>
        Assert.Equal(s_start.AddSeconds(seconds), Policy.NextAttempt(s_failure, failed, s_start, s_start));

    [Fact]
    public void NextAttempt_LastAttemptFailed_IsFinal() => Assert.Null(Policy.NextAttempt(s_failure, 5, s_start, s_start));

    [Fact]
    public void NextAttempt_LongestWait_IsNotExceeded() => Assert.Equal(
        s_start.AddSeconds(60), (Policy with { MaxRetryInterval = TimeSpan.FromSeconds(60) }).NextAttempt(s_failure, 4, s_start, s_start));

    [Fact]
    public void NextAttempt_HugeBackoff_StaysATime() => Assert.Equal(
        DateTimeOffset.MaxValue, (Policy with { MaxAttempts = 2000, BackoffCoefficient = 1000 }).NextAttempt(s_failure, 1000, s_start, s_start));

    [Theory]
    [InlineData(39, false)]
    [InlineData(40, true)]
    public void NextAttempt_RetryTimeout_CountsFromTheFirstScheduling(int timeout, bool again) => Assert.Equal(
        again,
        (Policy with { RetryTimeout = TimeSpan.FromSeconds(timeout) }).NextAttempt(s_failure, 2, s_start, s_start.AddSeconds(10)) is not null);

    [Fact]
    public void NextAttempt_HandlerSaysNo_IsFinal() => Assert.Null(
        (Policy with { HandleFailure = failure => failure.ErrorType != "T" }).NextAttempt(s_failure, 1, s_start, s_start));

    [Theory]
    [InlineData(OrchestrationErrorCodes.ActivityPoisoned)]
    [InlineData(OrchestrationErrorCodes.ActivityNotRegistered)]
    [InlineData(OrchestrationErrorCodes.OrchestratorNotRegistered)]
    [InlineData(OrchestrationErrorCodes.PayloadTooLarge)]
    [InlineData(OrchestrationErrorCodes.PoolUnknown)]
    [InlineData(OrchestrationErrorCodes.Terminated)]
    public void NextAttempt_FailureThatNoRepeatCures_IsFinal(string code) =>
        Assert.Null(Policy.NextAttempt(s_failure with { Code = code }, 1, s_start, s_start));

    [Fact]
    public void Init_ImpossibleValue_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy with { MaxAttempts = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy with { FirstRetryInterval = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy with { BackoffCoefficient = 0.5 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Policy with { BackoffCoefficient = double.NaN });
    }
}

public sealed class TaskFailureDetailsTests
{
    [Fact]
    public void FromException_CodedWithCause_KeepsBoth()
    {
        var details = TaskFailureDetails.FromException(
            new OrchestrationException("some-code", "outer", new InvalidOperationException("inner")));
        Assert.Equal("some-code", details.Code);
        Assert.Equal("outer", details.ErrorMessage);
        Assert.Equal(typeof(InvalidOperationException).FullName, details.InnerFailure!.ErrorType);
        Assert.Null(details.InnerFailure.Code);
    }

    [Fact]
    public void FromException_OfAFailedTask_HasItsFailureInside()
    {
        var inner = new TaskFailureDetails("T", "why", null, "step-code", null);
        var details = TaskFailureDetails.FromException(new TaskFailedException("step", 3, inner));
        Assert.Same(inner, details.InnerFailure);
        Assert.Equal("step-code", details.Code);
        Assert.Equal("Step 3 'step' failed: why", details.ErrorMessage);
    }

    [Fact]
    public void FromException_AggregateOfOne_IsThatOne() => Assert.Equal(
        "one", TaskFailureDetails.FromException(new AggregateException(new InvalidOperationException("one"))).ErrorMessage);

    [Fact]
    public void FromException_HugeMessageAndDeepCauses_AreCut()
    {
        var exception = new InvalidOperationException(new string('x', 10_000));
        for (var depth = 0; depth < 20; depth++)
        {
            exception = new(new string('x', 10_000), exception);
        }

        var details = TaskFailureDetails.FromException(exception);
        Assert.Equal(4097, details.ErrorMessage.Length);
        var levels = 1;
        for (var inner = details.InnerFailure; inner is not null; inner = inner.InnerFailure)
        {
            levels++;
        }

        Assert.Equal(5, levels);
    }
}

public sealed class ActivityOptionsTests
{
    [Fact]
    public void Init_OutOfRange_IsRefusedByName()
    {
        Assert.Equal("Timeout", Refused(() => new() { Timeout = TimeSpan.FromTicks(-1) }));
        Assert.Equal("HeartbeatTimeout", Refused(() => new() { HeartbeatTimeout = TimeSpan.FromTicks(-1) }));
        Assert.Equal("ScheduleToCloseTimeout", Refused(() => new() { ScheduleToCloseTimeout = TimeSpan.FromTicks(-1) }));
        Assert.Equal("value", Refused(() => new() { PoolWeight = 0 }));

        static string? Refused(Func<ActivityOptions> make) => Assert.Throws<ArgumentOutOfRangeException>(make).ParamName;
    }
}

public sealed class OrchestrationCatalogTests
{
    private static readonly OrchestratorDefinition<int, int> s_orchestrator =
        new("o", ContractJson.Default.Int32, ContractJson.Default.Int32);

    private static readonly ActivityDefinition<int, int> s_activity = new("a", ContractJson.Default.Int32, ContractJson.Default.Int32);

    [Fact]
    public void AddOrchestrator_TwoVersions_BothAreFoundByTheirExactVersion()
    {
        var catalog = new OrchestrationCatalog()
            .AddOrchestrator(s_orchestrator, () => new Doubling())
            .AddOrchestrator(s_orchestrator with { Version = "2" }, () => new Doubling());
        Assert.Equal("2", catalog.FindOrchestrator("o", "2")!.Version);
        Assert.Equal("1", catalog.FindOrchestrator("o", "1")!.Version);
        Assert.Null(catalog.FindOrchestrator("o", "3"));
        Assert.Equal(2, catalog.Orchestrators.Count);
    }

    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("1.9", "1.10")]
    [InlineData("9", "10")]
    [InlineData("99999999999999999999", "100000000000000000000")]
    [InlineData("1.10", "1.10-beta")]
    [InlineData("1.alpha", "1.beta")]
    [InlineData("01", "1")]
    [InlineData("", "0")]
    public void FindOrchestrator_CurrentOrOlder_FindsTheNewerForTheOlderAndNeverTheOtherWayRound(string older, string newer)
    {
        Assert.True(IsOlder(older, newer));
        Assert.False(IsOlder(newer, older));
        Assert.Null(Versions(newer).FindOrchestrator("o", older));
        Assert.Null(Versions(newer).FindOrchestrator("another", older, VersionMatchStrategy.CurrentOrOlder));
    }

    [Fact]
    public void FindOrchestrator_CurrentOrOlder_IsATotalOrder()
    {
        var versions = Gen.Elements("", "0", "00", "1", "01", "2", "10", "a", "A", "1a", "é").ListOf()
            .Select(parts => string.Join('.', parts.Take(3)));
        var cases = from x in versions from y in versions from z in versions select (x, y, z);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(cases.ToArbitrary(), one =>
                (one.x == one.y || IsOlder(one.x, one.y) != IsOlder(one.y, one.x))
                && !(IsOlder(one.x, one.y) && IsOlder(one.y, one.z) && !IsOlder(one.x, one.z))));
    }

    [Fact]
    public void FindOrchestrator_CurrentOrOlder_IsTheExactVersionOrTheNextNewer()
    {
        var catalog = Versions("3", "1", "2.5", "2");
        Assert.Equal("2", catalog.FindOrchestrator("o", "2", VersionMatchStrategy.CurrentOrOlder)!.Version);
        Assert.Equal("2.5", catalog.FindOrchestrator("o", "2.4", VersionMatchStrategy.CurrentOrOlder)!.Version);
        Assert.Null(catalog.FindOrchestrator("o", "4", VersionMatchStrategy.CurrentOrOlder));
    }

    private static OrchestrationCatalog Versions(params string[] versions) => versions.Aggregate(
        new OrchestrationCatalog(),
        (catalog, version) => catalog.AddOrchestrator(s_orchestrator with { Version = version }, () => new Doubling()));

    private static bool IsOlder(string version, string than) =>
        version != than && Versions(than).FindOrchestrator("o", version, VersionMatchStrategy.CurrentOrOlder) is not null;

    [Fact]
    public void Add_Twice_IsRefused()
    {
        var catalog = new OrchestrationCatalog()
            .AddOrchestrator(s_orchestrator, () => new Doubling()).AddActivity(s_activity, new Adding());
        Assert.Equal(
            OrchestrationErrorCodes.DuplicateRegistration,
            Assert.Throws<OrchestrationException>(() => catalog.AddOrchestrator(s_orchestrator, () => new Doubling())).Code);
        Assert.Equal(
            OrchestrationErrorCodes.DuplicateRegistration,
            Assert.Throws<OrchestrationException>(() => catalog.AddActivity(s_activity, new Adding())).Code);
    }

    [Fact]
    public async Task RunAsync_ReadsTheInputAndWritesTheResult()
    {
        var catalog = new OrchestrationCatalog()
            .AddOrchestrator(s_orchestrator, () => new Doubling()).AddActivity(s_activity, new Adding());
        Assert.Equal("8", await catalog.FindOrchestrator("o", "1")!.RunAsync(null!, "4"));
        Assert.Equal("5", await catalog.FindActivity("a")!.RunAsync(null!, "4"));
    }

    [Fact]
    public async Task RunAsync_InputOfAnotherType_IsRefusedByName()
    {
        var catalog = new OrchestrationCatalog().AddActivity(s_activity, new Adding());
        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => catalog.FindActivity("a")!.RunAsync(null!, "\"text\""));
        Assert.Equal(OrchestrationErrorCodes.PayloadInvalid, refused.Code);
        Assert.Contains("the input of activity 'a'", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Doubling : Orchestrator<int, int>
    {
        public override Task<int> RunAsync(OrchestrationContext context, int input) => Task.FromResult(2 * input);
    }

    private sealed class Adding : Activity<int, int>
    {
        public override Task<int> RunAsync(ActivityContext context, int input) => Task.FromResult(input + 1);
    }
}

[JsonSerializable(typeof(int))]
internal sealed partial class ContractJson : JsonSerializerContext;
