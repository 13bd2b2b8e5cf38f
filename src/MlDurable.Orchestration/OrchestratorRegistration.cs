using System.Text.Json;

namespace MlDurable.Orchestration;

/// <summary>An orchestrator as an engine sees it: from JSON to JSON.</summary>
public abstract class OrchestratorRegistration
{
    private protected OrchestratorRegistration(string name, string version)
    {
        Name = name;
        Version = version;
    }

    /// <summary>The name in the history.</summary>
    public string Name { get; }

    /// <summary>The version in the history.</summary>
    public string Version { get; }

    /// <summary>Makes the orchestrator and runs it.</summary>
    /// <param name="context">The execution.</param>
    /// <param name="input">The input as JSON.</param>
    /// <returns>The result as JSON. Throws <see cref="OrchestrationErrorCodes.PayloadInvalid"/> for an input that is not of its type.</returns>
    public abstract Task<string> RunAsync(OrchestrationContext context, string input);
}

internal sealed class OrchestratorRegistration<TInput, TOutput>(
    OrchestratorDefinition<TInput, TOutput> definition, Func<Orchestrator<TInput, TOutput>> create)
    : OrchestratorRegistration(definition.Name, definition.Version)
{
    public override async Task<string> RunAsync(OrchestrationContext context, string input) => JsonSerializer.Serialize(
        await create().RunAsync(context, Payload.Read(input, definition.Input, $"the input of orchestrator '{Name}'")), definition.Output);
}
