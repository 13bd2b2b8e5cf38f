using Dt = Microsoft.DurableTask;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>Failures from and to Durable Task, which keeps a code as a property of its failure details.</summary>
internal static class DurableTaskFailures
{
    private const string CodeProperty = "mldurable.code";

    public static Dt.TaskFailureDetails ToDurableTask(TaskFailureDetails failure) => new(
        failure.ErrorType,
        failure.ErrorMessage,
        failure.StackTrace,
        failure.InnerFailure is { } inner ? ToDurableTask(inner) : null,
        failure.Code is { } code ? new Dictionary<string, object?> { [CodeProperty] = code } : null);

    /// <summary>The failure of an instance, without the exception in which <see cref="OrchestratorExecution"/> hands it to Durable Task.</summary>
    public static TaskFailureDetails FromInstance(Dt.TaskFailureDetails failure) =>
        failure is { InnerFailure: { } inner } && failure.ErrorType == typeof(Dt.TaskFailedException).FullName
            ? FromDurableTask(inner)
            : FromDurableTask(failure);

    /// <summary>The failure of a sub-orchestration. Durable Task gives no details of one that was terminated.</summary>
    public static TaskFailureDetails FromChild(string childId, Dt.TaskFailureDetails? failure) =>
        failure is null ? Terminated($"Instance '{childId}' was terminated.") : FromInstance(failure);

    public static TaskFailureDetails FromDurableTask(Dt.TaskFailureDetails failure) => new(
        failure.ErrorType,
        failure.ErrorMessage,
        failure.StackTrace,
        failure.Properties?.TryGetValue(CodeProperty, out var code) == true ? code?.ToString() : OwnCode(failure.ErrorType),
        failure.InnerFailure is { } inner ? FromDurableTask(inner) : null);

    public static TaskFailureDetails Terminated(string reason) =>
        new(typeof(OrchestrationException).FullName!, reason, null, OrchestrationErrorCodes.Terminated, null);

    /// <summary>Whether it is the failure of the instance that was terminated itself, not of one that waited for that.</summary>
    public static bool IsTermination(TaskFailureDetails? failure) =>
        failure?.Code == OrchestrationErrorCodes.Terminated && failure.ErrorType == typeof(OrchestrationException).FullName;

    // The failures that Durable Task itself reports.
    private static string? OwnCode(string errorType) => errorType switch
    {
        "ActivityTaskNotFound" => OrchestrationErrorCodes.ActivityNotRegistered,
        "OrchestratorTaskNotFound" => OrchestrationErrorCodes.OrchestratorNotRegistered,
        "DurableTask.Core.Exceptions.NonDeterministicOrchestrationException" => OrchestrationErrorCodes.Nondeterminism,
        _ => null,
    };
}
