using System.Text.Json;
using Microsoft.DurableTask;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.DurableTask;
using Moq;
using Dt = Microsoft.DurableTask;
using TaskFailedException = MlDurable.Orchestration.TaskFailedException;
using TaskFailureDetails = MlDurable.Orchestration.TaskFailureDetails;

namespace MlDurable.Signatures.Tests.DurableTask;

public sealed class OrchestratorExecutionTests
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    private readonly Mock<TaskOrchestrationContext> _context = new();
    private readonly Queue<JsonElement> _events = new();
    private readonly List<DateTime> _timers = [];
    private readonly List<ActivityInput> _calls = [];
    private DateTime _now = new(2026, 11, 1, 3, 0, 0, DateTimeKind.Utc);

    public OrchestratorExecutionTests()
    {
        _context.Setup(context => context.Name).Returns("main");
        _context.Setup(context => context.InstanceId).Returns("i");
        _context.Setup(context => context.CurrentUtcDateTime).Returns(() => _now);
        _context.Setup(context => context.WaitForExternalEvent<JsonElement>("mldurable", CancellationToken.None)).Returns(
            () => _events.TryDequeue(out var raised) ? Task.FromResult(raised) : new TaskCompletionSource<JsonElement>().Task);
        _context.Setup(context => context.CreateTimer(It.IsAny<DateTime>(), It.IsAny<CancellationToken>())).Returns(
            (DateTime due, CancellationToken _) =>
            {
                _timers.Add(due);
                _now = due;
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task CallActivity_WithOptions_SendsItsIdentityAndWhatTheActivityNeedsToKnow()
    {
        Answer(Succeeded("done"));
        Assert.Equal("done", await RunAsync((context, _) => context.CallActivityAsync(
            s_work, "x", new() { Timeout = TimeSpan.FromHours(1), HeartbeatTimeout = TimeSpan.FromMinutes(1), Pool = "train", PoolWeight = 3 })));
        var call = Assert.Single(_calls);
        Assert.Equal(("i", 0, 1, 1), (call.InstanceId, call.Generation, call.Sequence, call.Attempt));
        Assert.Equal(
            (TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), "train", 3), (call.Timeout, call.HeartbeatTimeout, call.Pool, call.PoolWeight));
        Assert.Equal("\"x\"", call.Input.GetRawText());
    }

    [Fact]
    public async Task CallActivity_FailsTwice_WaitsByOurArithmeticAndKeepsItsSequence()
    {
        Answer(Failed("busy"), Failed("busy"), Succeeded("done"));
        var start = _now;
        Assert.Equal("done", await RunAsync((context, _) => context.CallActivityAsync(s_work, "x", new()
        {
            Retry = new() { MaxAttempts = 3, FirstRetryInterval = TimeSpan.FromMinutes(1), BackoffCoefficient = 3 },
        })));
        Assert.Equal([start.AddMinutes(1), start.AddMinutes(4)], _timers);
        Assert.Equal([(1, 1), (1, 2), (1, 3)], _calls.Select(call => (call.Sequence, call.Attempt)));
    }

    [Fact]
    public async Task CallActivity_RetryTimeoutWouldPass_FailsWithTheLastFailure()
    {
        Answer(Failed("busy"), Failed("busy"));
        var failure = await FailAsync((context, _) => context.CallActivityAsync(s_work, "x", new()
        {
            Retry = new() { MaxAttempts = 9, FirstRetryInterval = TimeSpan.FromMinutes(1), RetryTimeout = TimeSpan.FromSeconds(90) },
        }));
        Assert.Equal("busy", failure.Code);
        Assert.Single(_timers);
    }

    [Theory]
    [InlineData(false, "busy")]
    [InlineData(true, OrchestrationErrorCodes.ActivityScheduleToCloseTimeout)]
    public async Task CallActivity_ScheduleToCloseTimeoutPasses_FailsWithoutAnotherAttempt(bool running, string code)
    {
        var start = _now;
        var expiry = new TaskCompletionSource();
        _context.Setup(context => context.CreateTimer(start.AddSeconds(90), It.IsAny<CancellationToken>())).Returns(expiry.Task);
        Answer(Failed("busy"), Failed("busy"));
        if (running)
        {
            _context.Setup(context => context.CallActivityAsync<JsonElement>("work", It.IsAny<object?>(), null)).Returns(
                (TaskName _, object? input, TaskOptions? _) =>
                {
                    _calls.Add(((JsonElement)input!).Deserialize(DurableTaskJson.Default.ActivityInput)!);
                    expiry.SetResult();
                    return new TaskCompletionSource<JsonElement>().Task;
                });
        }

        var failure = await FailAsync((context, _) => context.CallActivityAsync(s_work, "x", new()
        {
            Retry = new() { MaxAttempts = 9, FirstRetryInterval = TimeSpan.FromMinutes(1) },
            ScheduleToCloseTimeout = TimeSpan.FromSeconds(90),
        }));
        Assert.Equal(code, failure.Code);
        Assert.Equal(running ? 1 : 2, _calls.Count);
        Assert.All(_calls, call => Assert.Equal(start.AddSeconds(90), call.Deadline!.Value.UtcDateTime));
    }

    [Fact]
    public async Task CallActivity_HostStoppedMeanwhile_IsRepeatedThoughThereIsNoRetry()
    {
        Answer(new() { Interrupted = true }, Succeeded("done"));
        Assert.Equal("done", await RunAsync((context, _) => context.CallActivityAsync(s_work, "x")));
        Assert.Equal([1, 2], _calls.Select(call => call.Attempt));
        Assert.Empty(_timers);
    }

    [Fact]
    public async Task CallActivity_GivesNull_IsNotRepeated()
    {
        Answer(new ActivityOutcome { Output = JsonElement.Parse("null") });
        Assert.Equal("none", await RunAsync(async (context, _) => await context.CallActivityAsync(s_work, "x") ?? "none"));
    }

    [Fact]
    public async Task CallActivity_DurableTaskDoesNotFindIt_FailsWithOurCode()
    {
        _context.Setup(context => context.CallActivityAsync<JsonElement>("work", It.IsAny<object?>(), null)).ThrowsAsync(
            new Dt.TaskFailedException("work", 0, new Dt.TaskFailureDetails("ActivityTaskNotFound", "No activity task named 'work' was found.", null, null, null)));
        Assert.Equal(
            OrchestrationErrorCodes.ActivityNotRegistered, (await FailAsync((context, _) => context.CallActivityAsync(s_work, "x"))).Code);
    }

    [Fact]
    public async Task Orchestrator_Fails_DurableTaskKeepsCodeAndCauses()
    {
        Answer(Failed("csv-empty"));
        var failure = await FailAsync((context, _) => context.CallActivityAsync(s_work, "x"));
        Assert.Equal("csv-empty", failure.Code);
        Assert.Equal(typeof(TaskFailedException).FullName, failure.ErrorType);
        Assert.Equal("csv-empty", failure.InnerFailure!.Code);
    }

    [Fact]
    public async Task CallSubOrchestrator_ByDefault_HasADerivedIdItsVersionAndItsParent()
    {
        ExecutionInput? sent = null;
        SubOrchestrationOptionsSeen? seen = null;
        _context.Setup(context => context.CallSubOrchestratorAsync<JsonElement>("child", It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName _, object? input, TaskOptions? options) =>
            {
                sent = ((JsonElement)input!).Deserialize(DurableTaskJson.Default.ExecutionInput);
                seen = new(((Dt.SubOrchestrationOptions)options!).InstanceId, options.Version!.Value.Version);
                return Task.FromResult(JsonElement.Parse("\"done\""));
            });
        Assert.Equal("done", await RunAsync((context, _) => context.CallSubOrchestratorAsync(s_child with { Version = "7" }, "x")));
        Assert.Equal(new SubOrchestrationOptionsSeen("i:1", "7"), seen);
        Assert.Equal(("7", "i", 0), (sent!.Version, sent.Parent, sent.Generation));
    }

    [Fact]
    public async Task CallSubOrchestrator_EndsWithoutDetails_WasTerminated()
    {
        _context.Setup(context => context.CallSubOrchestratorAsync<JsonElement>("child", It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .ThrowsAsync(new Dt.TaskFailedException("child", 0, (Dt.TaskFailureDetails)null!));
        Assert.Equal(
            OrchestrationErrorCodes.Terminated, (await FailAsync((context, _) => context.CallSubOrchestratorAsync(s_child, "x"))).Code);
    }

    [Fact]
    public async Task Orchestrator_EndsBeforeItsChildren_AsksThoseToEndThatAreUnderWay()
    {
        var ended = new TaskCompletionSource<JsonElement>();
        _context.Setup(context => context.CallSubOrchestratorAsync<JsonElement>("child", It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName _, object? _, TaskOptions? options) => ((Dt.SubOrchestrationOptions)options!).InstanceId == "i:1"
                ? Task.FromResult(JsonElement.Parse("\"done\""))
                : ended.Task);
        var told = new List<(string Id, RaisedEvent Event)>();
        _context.Setup(context => context.SendEvent(It.IsAny<string>(), "mldurable", It.IsAny<object>())).Callback(
            (string id, string _, object sent) => told.Add((id, ((JsonElement)sent).Deserialize(DurableTaskJson.Default.RaisedEvent)!)));
        await RunAsync(async (context, input) =>
        {
            await context.CallSubOrchestratorAsync(s_child, "over");
            _ = context.CallSubOrchestratorAsync(s_child, "under way");
            return "";
        });
        var (id, sent) = Assert.Single(told);
        Assert.Equal("i:2", id);
        Assert.Contains("'i'", sent.Termination, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallSubOrchestrator_ToBeAbandoned_IsPassedOnByARelayThatTellsItsEnd(bool succeeds)
    {
        var heard = new TaskCompletionSource<JsonElement>();
        _context.SetupSequence(context => context.WaitForExternalEvent<JsonElement>("mldurable", CancellationToken.None))
            .Returns(heard.Task)
            .Returns(new TaskCompletionSource<JsonElement>().Task);
        _context.Setup(context => context.CallSubOrchestratorAsync<JsonElement>("main", It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName _, object? input, TaskOptions? options) =>
            {
                Assert.Equal(("i:1:relay", "1"), (((Dt.SubOrchestrationOptions)options!).InstanceId, options.Version!.Value.Version));
                Assert.Equal("FireAndForget", Assert.Single(options.Tags!).Key);
                heard.SetResult(Relayed((JsonElement)input!, succeeds));
                return Task.FromResult(default(JsonElement));
            });
        var run = (OrchestrationContext context, string _) =>
            context.CallSubOrchestratorAsync(s_child, "x", new() { InstanceId = "kid", ParentClosePolicy = ParentClosePolicy.Abandon });
        if (succeeds)
        {
            Assert.Equal("done", await RunAsync(run));
        }
        else
        {
            Assert.Equal("bad-child", (await FailAsync(run)).Code);
        }

        _context.Verify(context => context.SendEvent(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<object>()), Times.Never);
    }

    [Fact]
    public async Task Orchestrator_ChildOfAGenerationBeforeHasEnded_GoesOn()
    {
        _events.Enqueue(JsonSerializer.SerializeToElement(
            new("", Json("")) { Child = new("i:1:relay") { Output = Json("x") } }, DurableTaskJson.Default.RaisedEvent));
        Raise("signal", "a");
        Assert.Equal("a", await RunAsync((context, _) => context.WaitForExternalEventAsync(s_signal)));
    }

    [Fact]
    public async Task Orchestrator_ParentHasEnded_EndsAsTerminated()
    {
        _events.Enqueue(JsonSerializer.SerializeToElement(
            new("", Json("")) { Termination = "Its parent 'p' has ended." }, DurableTaskJson.Default.RaisedEvent));
        var failure = await FailAsync((context, _) => context.WaitForExternalEventAsync(s_signal));
        Assert.Equal("Its parent 'p' has ended.", failure.ErrorMessage);
        Assert.True(DurableTaskFailures.IsTermination(failure));
    }

    [Fact]
    public async Task WaitForExternalEvent_NamesThatDifferInCase_AreDifferentEvents()
    {
        Raise("Signal", "upper");
        Raise("signal", "lower 1");
        Raise("signal", "lower 2");
        Assert.Equal("lower 1, lower 2", await RunAsync(async (context, _) =>
            $"{await context.WaitForExternalEventAsync(s_signal)}, {await context.WaitForExternalEventAsync(s_signal)}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ContinueAsNew_EventsLeft_TravelInTheInputInTheirOrder(bool preserve)
    {
        ExecutionInput? next = null;
        _context.Setup(context => context.ContinueAsNew(It.IsAny<object?>(), true)).Callback((object? input, bool _) =>
            next = ((JsonElement)input!).Deserialize(DurableTaskJson.Default.ExecutionInput));
        foreach (var (name, payload) in new[] { ("b", "1"), ("signal", "taken"), ("a", "2"), ("b", "3") })
        {
            Raise(name, payload);
        }

        await RunRawAsync(
            async (context, input) =>
            {
                await context.WaitForExternalEventAsync(s_signal);
                context.SetCustomStatus("here", ConformanceJson.Default.String);
                context.ContinueAsNew(input + "b", ConformanceJson.Default.String, preserve);
                return "ignored";
            },
            Input("a") with { Tags = new Dictionary<string, string> { ["team"] = "birds" }, Parent = "p" });
        Assert.Equal(("\"ab\"", "\"a\"", "\"here\""), (
            next!.Input.GetRawText(), next.FirstInput!.Value.GetRawText(), next.CustomStatus!.Value.GetRawText()));
        Assert.Equal((1, "p", "birds"), (next.Generation, next.Parent, next.Tags!["team"]));
        Assert.Equal(_now, next.Clock!.Value.UtcDateTime);
        Assert.Equal(
            preserve ? [("b", "\"1\""), ("a", "\"2\""), ("b", "\"3\"")] : [],
            (next.Events ?? []).Select(raised => (raised.Name, raised.Payload.GetRawText())));
    }

    [Fact]
    public async Task CurrentUtcDateTime_WorkersClockIsBehindTheLastGenerations_DoesNotGoBack()
    {
        var before = new DateTimeOffset(_now).AddMinutes(5);
        Assert.Equal(
            $"{before:O}",
            await RunAsync((context, _) => Task.FromResult($"{context.CurrentUtcDateTime:O}"), Input("") with { Clock = before }));
    }

    [Fact]
    public async Task Orchestrator_VersionIsNotInThisBuild_FailsAndSaysWhatToDo()
    {
        var failure = await FailAsync((_, _) => Task.FromResult(""), Input("") with { Version = "2" });
        Assert.Equal(OrchestrationErrorCodes.OrchestratorNotRegistered, failure.Code);
        Assert.Contains("version '2'", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orchestrator_OlderVersionThanTheBuilds_IsRunByItWhereThatIsAllowed()
    {
        var engine = new DurableTaskEngine(
            new OrchestrationCatalog().Add(s_main with { Version = "10" }, (context, _) => Task.FromResult(context.Version)),
            new() { VersionMatch = VersionMatchStrategy.CurrentOrOlder });
        var input = JsonSerializer.SerializeToElement(Input("") with { Version = "9" }, DurableTaskJson.Default.ExecutionInput);
        Assert.Equal("9", (await engine.RunOrchestratorAsync(_context.Object, input)).GetString());
    }

    /// <summary>Runs a relay, and gives what it tells the parent.</summary>
    private static JsonElement Relayed(JsonElement input, bool succeeds)
    {
        var context = new Mock<TaskOrchestrationContext>();
        JsonElement? told = null;
        context.Setup(one => one.InstanceId).Returns("i:1:relay");
        context.Setup(one => one.SendEvent("i", "mldurable", It.IsAny<object>())).Callback((string _, string _, object sent) => told = (JsonElement)sent);
        context.Setup(one => one.CallSubOrchestratorAsync<JsonElement>("child", It.IsAny<object?>(), It.IsAny<TaskOptions?>()))
            .Returns((TaskName _, object? child, TaskOptions? options) =>
            {
                Assert.Equal("kid", ((Dt.SubOrchestrationOptions)options!).InstanceId);
                var call = ((JsonElement)child!).Deserialize(DurableTaskJson.Default.ExecutionInput)!;
                Assert.Equal(("i", "\"x\""), (call.Parent, call.Input.GetRawText()));
                return succeeds
                    ? Task.FromResult(Json("done"))
                    : Task.FromException<JsonElement>(new Dt.TaskFailedException("child", 0, DurableTaskFailures.ToDurableTask(
                        TaskFailureDetails.FromException(new CodedException("bad-child", "no")))));
            });
        var run = new DurableTaskEngine(new OrchestrationCatalog()).RunOrchestratorAsync(context.Object, input);
        Assert.True(run.IsCompletedSuccessfully);
        return told!.Value;
    }

    private static ExecutionInput Input(string input) => new() { Version = "1", Input = Json(input) };

    private static JsonElement Json(string text) => JsonSerializer.SerializeToElement(text, ConformanceJson.Default.String);

    private static ActivityOutcome Succeeded(string output) => new() { Output = Json(output) };

    private static ActivityOutcome Failed(string code) =>
        new() { Failure = TaskFailureDetails.FromException(new CodedException(code, "no")) };

    private void Raise(string name, string payload) =>
        _events.Enqueue(JsonSerializer.SerializeToElement(new(name, Json(payload)), DurableTaskJson.Default.RaisedEvent));

    private void Answer(params ActivityOutcome[] outcomes)
    {
        var answers = new Queue<ActivityOutcome>(outcomes);
        _context.Setup(context => context.CallActivityAsync<JsonElement>("work", It.IsAny<object?>(), null)).Returns(
            (TaskName _, object? input, TaskOptions? _) =>
            {
                _calls.Add(((JsonElement)input!).Deserialize(DurableTaskJson.Default.ActivityInput)!);
                return Task.FromResult(JsonSerializer.SerializeToElement(answers.Dequeue(), DurableTaskJson.Default.ActivityOutcome));
            });
    }

    private async Task<string?> RunAsync(Func<OrchestrationContext, string, Task<string>> main, ExecutionInput? input = null) =>
        (await RunRawAsync(main, input ?? Input(""))).GetString();

    private async Task<TaskFailureDetails> FailAsync(
        Func<OrchestrationContext, string, Task<string>> main, ExecutionInput? input = null)
    {
        var exception = await Assert.ThrowsAsync<Dt.TaskFailedException>(() => RunRawAsync(main, input ?? Input("")));
        return DurableTaskFailures.FromDurableTask(exception.FailureDetails);
    }

    private Task<JsonElement> RunRawAsync(Func<OrchestrationContext, string, Task<string>> main, ExecutionInput input) =>
        new DurableTaskEngine(new OrchestrationCatalog().Add(s_main, main)).RunOrchestratorAsync(
            _context.Object, JsonSerializer.SerializeToElement(input, DurableTaskJson.Default.ExecutionInput));

    private sealed record SubOrchestrationOptionsSeen(string? InstanceId, string? Version);
}
