using System.Net.Sockets;

namespace MlDurable.Orchestration.Embedded;

/// <summary>Sends commands to the owner of a workspace.</summary>
public static class ControlClient
{
    /// <summary>Sends a request and waits for the response.</summary>
    /// <param name="directory">The workspace's directory.</param>
    /// <param name="request">The request, at most 1 MiB.</param>
    /// <param name="cancellationToken">Gives up; the owner may carry the request out all the same.</param>
    /// <returns>The owner's response.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="EmbeddedErrorCodes.OwnerUnreachable"/>: nobody listens; <see cref="EmbeddedErrorCodes.ControlMessageInvalid"/>: a message
    /// is too large, or the owner went away while it answered.
    /// </exception>
    public static async Task<ControlResponse> SendAsync(
        string directory, ControlRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            var endpoint = ControlEndpoint.Find(directory)
                ?? throw Unreachable(directory, "no owner listens there", null);
            var stream = await ControlEndpoint.ConnectAsync(endpoint, cancellationToken);
            await using (stream)
            {
                await ControlMessage.WriteAsync(stream, request, WorkspaceJson.Default.ControlRequest, cancellationToken);
                return await ControlMessage.ReadAsync(stream, WorkspaceJson.Default.ControlResponse, cancellationToken);
            }
        }
        catch (Exception exception) when (
            exception is IOException or SocketException or UnauthorizedAccessException or TimeoutException)
        {
            throw Unreachable(directory, exception.Message, exception);
        }
    }

    private static OrchestrationException Unreachable(string directory, string why, Exception? innerException) => new(
        EmbeddedErrorCodes.OwnerUnreachable,
        $"The owner of the workspace '{directory}' cannot be reached: {why}. If no process owns it, open it yourself.", innerException);
}
