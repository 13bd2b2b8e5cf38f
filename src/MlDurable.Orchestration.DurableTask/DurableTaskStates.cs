using System.Text.Json;
using Microsoft.DurableTask.Client;
using DtStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>The states of instances, as Durable Task keeps them and as the contract has them.</summary>
internal static class DurableTaskStates
{
    public static OrchestrationState FromMetadata(OrchestrationMetadata metadata)
    {
        var failure = metadata.FailureDetails is { } details ? DurableTaskFailures.FromInstance(details) : null;

        // An instance that its parent's end has ended could only fail: see OrchestratorExecution.
        var status = metadata.RuntimeStatus == DtStatus.Failed && DurableTaskFailures.IsTermination(failure)
            ? OrchestrationRuntimeStatus.Terminated
            : FromDurableTask(metadata.RuntimeStatus);
        var input = ReadInput(metadata.SerializedInput);
        return new()
        {
            InstanceId = metadata.InstanceId,
            Name = metadata.Name,
            Version = input?.Version ?? "",
            RuntimeStatus = status,
            Generation = input?.Generation ?? 0,
            CreatedAt = metadata.CreatedAt,
            LastUpdatedAt = metadata.LastUpdatedAt,
            Input = input is null ? metadata.SerializedInput : (input.FirstInput ?? input.Input).GetRawText(),
            Output = status == OrchestrationRuntimeStatus.Completed ? metadata.SerializedOutput : null,
            CustomStatus = metadata.SerializedCustomStatus is null or "" or "null" ? null : metadata.SerializedCustomStatus,
            Failure = status switch
            {
                OrchestrationRuntimeStatus.Failed => failure,
                OrchestrationRuntimeStatus.Terminated => DurableTaskFailures.Terminated(failure?.ErrorMessage ?? ReadReason(metadata.SerializedOutput)),
                _ => null,
            },
            Tags = input?.Tags ?? metadata.Tags,
            Priority = input?.Priority ?? OrchestrationPriority.Normal,
            ParentInstanceId = input?.Parent,
        };
    }

    /// <summary>Whether it is no instance of anybody's, but a <see cref="ChildRelay"/>.</summary>
    public static bool IsRelay(OrchestrationMetadata metadata) => ReadInput(metadata.SerializedInput)?.Relay is not null;

    /// <summary>The statuses of Durable Task among whose instances those of a status are.</summary>
    public static IEnumerable<DtStatus> ToDurableTask(OrchestrationRuntimeStatus status) => status == OrchestrationRuntimeStatus.Terminated
        ? [DtStatus.Terminated, DtStatus.Failed]
        : [Enum.Parse<DtStatus>(status.ToString())];

    // The statuses that Durable Task has beside these are obsolete, and say that the instance goes on or was ended by somebody.
    private static OrchestrationRuntimeStatus FromDurableTask(DtStatus status) => status switch
    {
        DtStatus.Pending => OrchestrationRuntimeStatus.Pending,
        DtStatus.Suspended => OrchestrationRuntimeStatus.Suspended,
        DtStatus.Completed => OrchestrationRuntimeStatus.Completed,
        DtStatus.Failed => OrchestrationRuntimeStatus.Failed,
        DtStatus.Terminated => OrchestrationRuntimeStatus.Terminated,
        _ when status.ToString() == "Canceled" => OrchestrationRuntimeStatus.Terminated,
        _ => OrchestrationRuntimeStatus.Running,
    };

    /// <summary>The input as this engine writes it, or <see langword="null"/> for an instance that something else has started in the same hub.</summary>
    private static ExecutionInput? ReadInput(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, DurableTaskJson.Default.ExecutionInput);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A text when the client of this engine gave it; something else when another tool did.
    private static string ReadReason(string? output)
    {
        if (output is null)
        {
            return "";
        }

        try
        {
            return JsonSerializer.Deserialize(output, DurableTaskJson.Default.String) ?? "";
        }
        catch (JsonException)
        {
            return output;
        }
    }
}
