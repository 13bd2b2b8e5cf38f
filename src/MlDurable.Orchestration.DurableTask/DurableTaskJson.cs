using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// What Durable Task keeps as the input of a generation. It carries beside the orchestrator's own input what Durable Task does not keep,
/// or does not keep on every backend.
/// </summary>
internal sealed record ExecutionInput
{
    /// <summary>The version of the orchestrator.</summary>
    public required string Version { get; init; }

    /// <summary>The input of this generation.</summary>
    public required JsonElement Input { get; init; }

    public int Generation { get; init; }

    /// <summary>The input of the first generation, when this is a later one.</summary>
    public JsonElement? FirstInput { get; init; }

    /// <summary>The instance that started this one as a sub-orchestration.</summary>
    public string? Parent { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The priority, when it is not the usual one. Durable Task has none, so it is only shown, and given to children.</summary>
    public OrchestrationPriority? Priority { get; init; }

    /// <summary>The events that the generation before was given and did not take, in the order of acceptance.</summary>
    public IReadOnlyList<RaisedEvent>? Events { get; init; }

    /// <summary>The custom status that the generation before left.</summary>
    public JsonElement? CustomStatus { get; init; }

    /// <summary>The clock of the generation before, behind which this one's does not fall.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>The call that this instance passes on, when it is a <see cref="ChildRelay"/> and runs no code of its name.</summary>
    public ChildCall? Relay { get; init; }
}

/// <summary>A child, as its parent calls it.</summary>
internal sealed record ChildCall(string Name, string InstanceId, ExecutionInput Input);

/// <summary>How a child has ended, told by its <see cref="ChildRelay"/>: with a failure or, without one, with an output, of which JSON null is read as none.</summary>
internal sealed record ChildEnd(string RelayId)
{
    public JsonElement? Output { get; init; }

    public TaskFailureDetails? Failure { get; init; }
}

/// <summary>An external event, in the order in which Durable Task accepted it.</summary>
internal sealed record RaisedEvent(string Name, JsonElement Payload)
{
    /// <summary>Why the instance is to end as terminated, when this is no event but the word of its parent that has ended.</summary>
    public string? Termination { get; init; }

    /// <summary>The end of a child, when this is no event but the word of a <see cref="ChildRelay"/>.</summary>
    public ChildEnd? Child { get; init; }
}

/// <summary>What Durable Task keeps as the input of one attempt of an activity.</summary>
internal sealed record ActivityInput
{
    public required string InstanceId { get; init; }

    public required int Generation { get; init; }

    public required int Sequence { get; init; }

    public required int Attempt { get; init; }

    public required JsonElement Input { get; init; }

    public TimeSpan? Timeout { get; init; }

    public TimeSpan? HeartbeatTimeout { get; init; }

    /// <summary>When the call must have its final answer.</summary>
    public DateTimeOffset? Deadline { get; init; }

    public string? Pool { get; init; }

    /// <summary>How many slots of the pool it takes, when it is not one.</summary>
    public int? PoolWeight { get; init; }
}

/// <summary>
/// What Durable Task keeps as the result of one attempt of an activity: exactly one of the three. A failure is a result too, so that all of it
/// reaches the retry policy, whatever the backend keeps of an exception.
/// </summary>
internal sealed record ActivityOutcome
{
    public JsonElement? Output { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    /// <summary>The host stopped while the attempt was under way.</summary>
    public bool Interrupted { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecutionInput))]
[JsonSerializable(typeof(RaisedEvent))]
[JsonSerializable(typeof(ActivityInput))]
[JsonSerializable(typeof(ActivityOutcome))]
[JsonSerializable(typeof(string))]
internal sealed partial class DurableTaskJson : JsonSerializerContext;
