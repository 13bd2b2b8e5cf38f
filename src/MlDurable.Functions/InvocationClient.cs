using Microsoft.DurableTask.Client;

namespace MlDurable.Functions;

/// <summary>The client of Durable Task that the host has given to the function under way. Each invocation has its own.</summary>
internal sealed class InvocationClient
{
    private readonly AsyncLocal<DurableTaskClient?> _current = new();

    /// <summary>The client of this invocation.</summary>
    /// <exception cref="InvalidOperationException">No function is under way, or it has not called <see cref="Use"/>.</exception>
    public DurableTaskClient Current => _current.Value ?? throw new InvalidOperationException(
        "Runs are started and steered only inside a function with a durable client. This is a mistake in the application.");

    /// <summary>Makes a client that of everything which the calling function does from here on.</summary>
    public void Use(DurableTaskClient client) => _current.Value = client;
}
