using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration;

/// <summary>The identity of an orchestrator: its name and version in the history, and how its input and result become JSON.</summary>
/// <typeparam name="TInput">The input of an instance.</typeparam>
/// <typeparam name="TOutput">The result of an instance.</typeparam>
/// <param name="Name">The name in the history.</param>
/// <param name="Input">How the input is written and read.</param>
/// <param name="Output">How the result is written and read.</param>
public sealed record OrchestratorDefinition<TInput, TOutput>(string Name, JsonTypeInfo<TInput> Input, JsonTypeInfo<TOutput> Output)
{
    /// <summary>The version of the code. An instance stays on the version that it was started with. Default: "1".</summary>
    public string Version { get; init; } = "1";
}
