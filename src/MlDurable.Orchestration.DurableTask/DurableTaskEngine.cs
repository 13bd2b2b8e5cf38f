using System.Text.Json;
using Microsoft.DurableTask;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// Runs the orchestrators and activities of a catalog on Durable Task: on a worker of the Durable Task Scheduler, where <see cref="Register"/>
/// is all that is needed, and in Azure Functions, where functions call <see cref="RunOrchestratorAsync"/> and <see cref="RunActivityAsync"/>.
/// Safe to use from several threads.
/// </summary>
/// <param name="catalog">What can be run. It must not change any more.</param>
/// <param name="options">How. Default: see <see cref="DurableTaskEngineOptions"/>.</param>
public sealed class DurableTaskEngine(OrchestrationCatalog catalog, DurableTaskEngineOptions? options = null)
{
    private readonly DurableTaskEngineOptions _options = options ?? new();
    private readonly ActivityRunner _activities = new(catalog, options ?? new());

    /// <summary>Registers every orchestrator and activity of the catalog, under its own name.</summary>
    /// <param name="registry">The registry of the worker.</param>
    /// <param name="stopping">Cancelled when the host of the worker stops.</param>
    public void Register(DurableTaskRegistry registry, CancellationToken stopping)
    {
        foreach (var name in catalog.Orchestrators.Select(orchestrator => orchestrator.Name).Distinct(StringComparer.Ordinal))
        {
            registry.AddOrchestratorFunc<JsonElement, JsonElement>(name, RunOrchestratorAsync);
        }

        foreach (var activity in catalog.Activities)
        {
            registry.AddActivityFunc<JsonElement, JsonElement>(
                activity.Name, (context, input) => RunActivityAsync(context.Name, input, stopping));
        }
    }

    /// <summary>Runs one turn, or all turns so far, of one generation of an instance.</summary>
    /// <param name="context">The execution.</param>
    /// <param name="input">Its input, as <see cref="DurableTaskOrchestrationClient"/> or an orchestrator made it.</param>
    /// <returns>
    /// The result as JSON. Throws <see cref="Microsoft.DurableTask.TaskFailedException"/> when the orchestrator fails, with the failure of the
    /// orchestrator in its details.
    /// </returns>
    public Task<JsonElement> RunOrchestratorAsync(TaskOrchestrationContext context, JsonElement input)
    {
        var execution = Read(input, DurableTaskJson.Default.ExecutionInput);
        return execution.Relay is { } child
            ? ChildRelay.RunAsync(context, child)
            : new OrchestratorExecution(context, execution, _options.MaxPayloadBytes).RunAsync(catalog, _options.VersionMatch);
    }

    /// <summary>Runs one attempt of an activity.</summary>
    /// <param name="name">The name of the activity.</param>
    /// <param name="input">Its input, as an orchestrator made it.</param>
    /// <param name="stopping">Cancelled when the host stops; the attempt is then repeated elsewhere.</param>
    /// <returns>The result or the failure, as JSON that the orchestrator reads. Throws only when the input is no such input.</returns>
    public async Task<JsonElement> RunActivityAsync(string name, JsonElement input, CancellationToken stopping) =>
        JsonSerializer.SerializeToElement(
            await _activities.RunAsync(name, Read(input, DurableTaskJson.Default.ActivityInput), stopping),
            DurableTaskJson.Default.ActivityOutcome);

    private static T Read<T>(JsonElement input, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> typeInfo) => Payload.Read(
        input.ValueKind == JsonValueKind.Undefined ? "" : input.GetRawText(),
        typeInfo,
        "an execution on Durable Task, which only this product's client and orchestrators can start,");
}
