using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration;

/// <summary>The identity of an activity: the name under which it is recorded, and how its input and result become JSON.</summary>
/// <typeparam name="TInput">The input. Small: names of blobs, never data.</typeparam>
/// <typeparam name="TOutput">The result. Small, as the input.</typeparam>
/// <param name="Name">The name in the history. It must never change while an instance that has called it is alive.</param>
/// <param name="Input">How the input is written and read.</param>
/// <param name="Output">How the result is written and read.</param>
public sealed record ActivityDefinition<TInput, TOutput>(string Name, JsonTypeInfo<TInput> Input, JsonTypeInfo<TOutput> Output);
