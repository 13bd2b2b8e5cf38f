using System.Text.Json;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.DurableTask;
using Moq;
using Dt = Microsoft.DurableTask;
using DtStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;
using OrchestrationException = MlDurable.Orchestration.OrchestrationException;
using OrchestrationRuntimeStatus = MlDurable.Orchestration.OrchestrationRuntimeStatus;
using TaskFailureDetails = MlDurable.Orchestration.TaskFailureDetails;

namespace MlDurable.Signatures.Tests.DurableTask;

public sealed class DurableTaskOrchestrationClientTests
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");

    private readonly Mock<DurableTaskClient> _durableTask = new("test");
    private readonly DurableTaskOrchestrationClient _client;

    public DurableTaskOrchestrationClientTests() => _client = new(
        () => _durableTask.Object, new OrchestrationCatalog().Add(s_main, (_, input) => Task.FromResult(input)));

    [Fact]
    public async Task Start_New_SchedulesItWithIdVersionTagsAndNothingItMayReplace()
    {
        StartOrchestrationOptions? options = null;
        ExecutionInput? input = null;
        SetUpSchedule().Callback((TaskName _, object? sent, StartOrchestrationOptions? with, CancellationToken _) =>
        {
            options = with;
            input = ((JsonElement)sent!).Deserialize(DurableTaskJson.Default.ExecutionInput);
        }).ReturnsAsync("i");
        var at = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        await _client.StartAsync(
            s_main, "a", new() { InstanceId = "i", StartAt = at, Tags = new Dictionary<string, string> { ["team"] = "birds" } });
        Assert.Equal(("i", at, "1", "birds"), (options!.InstanceId, options.StartAt, (string)options.Version!.Value, options.Tags["team"]));
        Assert.Equal(
            Enum.GetNames<OrchestrationRuntimeStatus>().Order(StringComparer.Ordinal), options.DedupeStatuses!.Order(StringComparer.Ordinal));
        Assert.Equal(("1", "\"a\"", "birds"), (input!.Version, input.Input.GetRawText(), input.Tags!["team"]));
    }

    [Theory]
    [InlineData("a", false)]
    [InlineData("b", true)]
    public async Task Start_AnotherWasFaster_IsTheSameRunOrAConflict(string others, bool conflict)
    {
        _durableTask.SetupSequence(client => client.GetInstanceAsync("i", true, It.IsAny<CancellationToken>()))
            .ReturnsAsync((OrchestrationMetadata?)null)
            .ReturnsAsync(Metadata(DtStatus.Running, others));
        SetUpSchedule().ThrowsAsync(new OrchestrationAlreadyExistsException("it is there"));
        var start = () => _client.StartAsync(s_main, "a", new() { InstanceId = "i" });
        if (conflict)
        {
            Assert.Equal(OrchestrationErrorCodes.InstanceConflict, (await Assert.ThrowsAsync<OrchestrationException>(start)).Code);
        }
        else
        {
            Assert.Equal("i", await start());
        }
    }

    [Fact]
    public async Task Get_StartedBySomethingElse_ShowsWhatThereIs()
    {
        SetUpInstance(new("foreign", "i") { RuntimeStatus = DtStatus.Completed, SerializedInput = "[1]", SerializedOutput = "2" });
        var state = await _client.GetAsync("i");
        Assert.Equal(("foreign", "", "[1]", "2"), (state!.Name, state.Version, state.Input, state.Output));
    }

    [Fact]
    public async Task Get_Failed_HasOurFailure()
    {
        var failure = TaskFailureDetails.FromException(new CodedException("csv-empty", "no rows"));
        SetUpInstance(new("main", "i")
        {
            RuntimeStatus = DtStatus.Failed,
            FailureDetails = new(
                typeof(Dt.TaskFailedException).FullName!, "Task 'main' failed", null, DurableTaskFailures.ToDurableTask(failure), null),
        });
        var state = await _client.GetAsync("i");
        Assert.Equal(failure, state!.Failure);
    }

    [Theory]
    [InlineData("\"enough\"", "enough")]
    [InlineData("{\"by\":1}", "{\"by\":1}")]
    [InlineData(null, "")]
    public async Task Get_Terminated_SaysWhy(string? output, string reason)
    {
        SetUpInstance(new("main", "i") { RuntimeStatus = DtStatus.Terminated, SerializedOutput = output });
        var state = await _client.GetAsync("i");
        Assert.Equal((OrchestrationErrorCodes.Terminated, reason), (state!.Failure!.Code, state.Failure.ErrorMessage));
        Assert.Null(state.Output);
    }

    [Fact]
    public async Task Terminate_Running_EndsItsChildrenTooAndWaitsUntilItIsSeen()
    {
        _durableTask.SetupSequence(client => client.GetInstanceAsync("i", true, It.IsAny<CancellationToken>()))
            .ReturnsAsync(Metadata(DtStatus.Running, "a"))
            .ReturnsAsync(Metadata(DtStatus.Running, "a"))
            .ReturnsAsync(Metadata(DtStatus.Terminated, "a"));
        await _client.TerminateAsync("i", "enough");
        _durableTask.Verify(client => client.TerminateInstanceAsync(
            "i", new TerminateInstanceOptions("enough", true), It.IsAny<CancellationToken>()), Times.Once);
        _durableTask.Verify(client => client.GetInstanceAsync("i", true, It.IsAny<CancellationToken>()), Times.Exactly(3));
    }

    [Fact]
    public async Task Purge_Running_IsRefused()
    {
        SetUpInstance(Metadata(DtStatus.Running, "a"));
        Assert.Equal(
            OrchestrationErrorCodes.InstanceStatus,
            (await Assert.ThrowsAsync<OrchestrationException>(() => _client.PurgeAsync("i"))).Code);
    }

    private static OrchestrationMetadata Metadata(DtStatus status, string input) => new("main", "i")
    {
        RuntimeStatus = status,
        SerializedInput = JsonSerializer.Serialize(
            new() { Version = "1", Input = JsonSerializer.SerializeToElement(input, ConformanceJson.Default.String) },
            DurableTaskJson.Default.ExecutionInput),
    };

    private void SetUpInstance(OrchestrationMetadata metadata) =>
        _durableTask.Setup(client => client.GetInstanceAsync("i", true, It.IsAny<CancellationToken>())).ReturnsAsync(metadata);

    private Moq.Language.Flow.ISetup<DurableTaskClient, Task<string>> SetUpSchedule() =>
        _durableTask.Setup(client => client.ScheduleNewOrchestrationInstanceAsync(
            "main", It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), It.IsAny<CancellationToken>()));
}
