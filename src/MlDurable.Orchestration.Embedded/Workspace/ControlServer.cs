using System.Net.Sockets;

namespace MlDurable.Orchestration.Embedded;

/// <summary>
/// Lets other processes of the same user send commands to the owner of a workspace. Start it only while owning the workspace
/// (<see cref="WorkspaceLock"/>, which an open <see cref="EmbeddedEngine"/> holds on its directory).
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    private const int MaxClients = 64;
    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_graceAtEnd = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly string _directory;
    private readonly Func<ControlRequest, CancellationToken, Task<ControlResponse>> _handler;
    private readonly ControlListener _listener;
    private readonly Func<CancellationToken, Task<Stream>> _accept;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly SemaphoreSlim _clients = new(MaxClients);
    private readonly Task _accepting;

    private ControlServer(
        string directory, string endpoint, Func<ControlRequest, CancellationToken, Task<ControlResponse>> handler, Func<ControlListener, Func<CancellationToken, Task<Stream>>> accept)
    {
        _directory = directory;
        _handler = handler;
        _listener = ControlListener.Listen(endpoint, directory);
        _accept = accept(_listener);
        ControlEndpoint.Record(directory, endpoint);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Begins to listen: one request and one response per connection, several at once.</summary>
    /// <param name="directory">The workspace's directory, which the process owns.</param>
    /// <param name="handler">
    /// Carries a request out; called from several threads. An exception becomes an error response with its code, if it is an
    /// <see cref="ICodedFailure"/>, else with <see cref="EmbeddedErrorCodes.ControlRequestFailed"/>.
    /// </param>
    /// <returns>The server, until it is disposed.</returns>
    /// <exception cref="OrchestrationException"><see cref="EmbeddedErrorCodes.WorkspaceUnusable"/>: no socket can be made there.</exception>
    public static ControlServer Start(string directory, Func<ControlRequest, CancellationToken, Task<ControlResponse>> handler) =>
        Start(directory, handler, static listener => listener.AcceptAsync);

    // The seam at which tests let accepting fail.
    internal static ControlServer Start(
        string directory, Func<ControlRequest, CancellationToken, Task<ControlResponse>> handler, Func<ControlListener, Func<CancellationToken, Task<Stream>>> accept)
    {
        try
        {
            return new(directory, ControlEndpoint.Choose(directory), handler, accept);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new OrchestrationException(
                EmbeddedErrorCodes.WorkspaceUnusable,
                $"The control channel of the workspace '{directory}' cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Stops listening and waits for the requests that are being carried out; those that take longer than 10 seconds are cancelled.</summary>
    /// <returns>A task that ends when no request is under way.</returns>
    public async ValueTask DisposeAsync()
    {
        // A request may itself be what ends the owner: cancelling a run ends the process that carries it out. It still gets its answer.
        _giveUp.CancelAfter(s_graceAtEnd);
        await _stop.CancelAsync();
        await _accepting;
        ControlEndpoint.Forget(_directory);
        _listener.Dispose();
        _stop.Dispose();
        _giveUp.Dispose();
        _clients.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                await _clients.WaitAsync(_stop.Token);
                serving.RemoveAll(static task => task.IsCompleted);
                if (await TryAcceptAsync() is { } stream)
                {
                    serving.Add(ServeAsync(stream));
                }
                else
                {
                    _clients.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    // Out of file handles, or a client that went away before it was let in: the next ones are served all the same.
    private async Task<Stream?> TryAcceptAsync()
    {
        try
        {
            return await _accept(_stop.Token);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            await Task.Delay(s_pauseAfterError, TimeProvider.System, _stop.Token);
            return null;
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        try
        {
            await using (stream)
            {
                ControlResponse response;
                try
                {
                    using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                    timeout.CancelAfter(s_requestTimeout);
                    var request = await ControlMessage.ReadAsync(stream, WorkspaceJson.Default.ControlRequest, timeout.Token);
                    response = await _handler(request, _giveUp.Token);
                }
                catch (Exception exception) when (exception is not IOException)
                {
                    response = new(
                        false, null, (exception as ICodedFailure)?.Code ?? EmbeddedErrorCodes.ControlRequestFailed, exception.Message);
                }

                await ControlMessage.WriteAsync(stream, response, WorkspaceJson.Default.ControlResponse, CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is IOException or OrchestrationException)
        {
            // The client has gone, or the answer is too large to send: the client sees the end of the stream and says so.
        }
        finally
        {
            _clients.Release();
        }
    }
}
