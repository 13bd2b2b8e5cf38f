namespace MlDurable.Orchestration;

/// <summary>
/// An activity that is started no more, because the process ended each time that it ran. It waits for a person: see
/// <see cref="IOrchestrationClient.RetryStepAsync"/> and <see cref="IOrchestrationClient.SkipStepAsync"/>.
/// </summary>
/// <param name="InstanceId">The instance whose step it is: the one that was asked about, or a child that it waits for.</param>
/// <param name="Sequence">The sequence number of the step in its generation.</param>
/// <param name="Activity">The name of the activity.</param>
/// <param name="Starts">How often in a row it has begun without an end.</param>
public sealed record QuarantinedStep(string InstanceId, int Sequence, string Activity, int Starts);
