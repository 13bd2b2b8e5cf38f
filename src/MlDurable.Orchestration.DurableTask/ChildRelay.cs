using System.Text.Json;
using Microsoft.DurableTask;
using Dt = Microsoft.DurableTask;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// An instance of its own between a parent and a child that it may leave behind. Durable Task lets no instance end, or continue as new, before all that
/// it waits for; so the parent starts the relay without waiting for it, and the relay waits for the child, whatever its end, and tells the parent.
/// It runs under the name and version of the parent, which every worker that runs the parent has.
/// </summary>
internal static class ChildRelay
{
    /// <summary>The tag by which Durable Task's orchestrations start one without waiting for it.</summary>
    public const string StartOnlyTag = "FireAndForget";

    /// <summary>Runs the child and tells its parent how it has ended. A parent that is not there any more, or in another generation, does not listen.</summary>
    public static async Task<JsonElement> RunAsync(TaskOrchestrationContext context, ChildCall child)
    {
        var end = new ChildEnd(context.InstanceId);
        try
        {
            var output = await context.CallSubOrchestratorAsync<JsonElement>(
                child.Name,
                JsonSerializer.SerializeToElement(child.Input, DurableTaskJson.Default.ExecutionInput),
                new Dt.SubOrchestrationOptions(instanceId: child.InstanceId) { Version = new TaskVersion(child.Input.Version) });
            end = end with { Output = output };
        }
        catch (Dt.TaskFailedException exception)
        {
            end = end with { Failure = DurableTaskFailures.FromChild(child.InstanceId, exception.FailureDetails) };
        }

        var nothing = JsonElement.Parse("null");
        context.SendEvent(
            child.Input.Parent!,
            OrchestratorExecution.EventName,
            JsonSerializer.SerializeToElement(new("", nothing) { Child = end }, DurableTaskJson.Default.RaisedEvent));
        return nothing;
    }
}
