using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration;

/// <summary>The identity of an external event: its name, and how its payload becomes JSON.</summary>
/// <typeparam name="T">The payload.</typeparam>
/// <param name="Name">The name by which senders and waiters meet. Compared by ordinal, case-sensitive.</param>
/// <param name="Payload">How the payload is written and read.</param>
public sealed record EventDefinition<T>(string Name, JsonTypeInfo<T> Payload);
