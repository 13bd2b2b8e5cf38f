using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace MlDurable.Orchestration.Embedded;

internal abstract class ControlListener : IDisposable
{
    /// <param name="endpoint">The endpoint that <see cref="ControlEndpoint.Choose"/> gave for the workspace.</param>
    /// <param name="directory">The workspace's directory.</param>
    public static ControlListener Listen(string endpoint, string directory) => OperatingSystem.IsWindows()
        ? new PipeListener(endpoint)
        : new SocketListener(endpoint, makeDirectory: Path.GetDirectoryName(endpoint) != Path.GetFullPath(directory).TrimEnd('/'));

    public abstract Task<Stream> AcceptAsync(CancellationToken cancellationToken);

    public abstract void Dispose();

    [UnsupportedOSPlatform("windows")]
    private sealed class SocketListener : ControlListener
    {
        private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly string _path;
        private readonly bool _ownsDirectory;

        public SocketListener(string path, bool makeDirectory)
        {
            _path = path;
            _ownsDirectory = makeDirectory;
            try
            {
                var directory = Path.GetDirectoryName(path)!;
                if (makeDirectory)
                {
                    // In the shared temporary directory. Setting the rights fails when somebody else made it first, who could then watch or
                    // replace the socket.
                    Directory.CreateDirectory(directory);
                    File.SetUnixFileMode(directory, OwnerReadWrite | UnixFileMode.UserExecute);
                }

                // The caller owns the workspace, so whoever made this socket is gone.
                File.Delete(path);
                _socket.Bind(new UnixDomainSocketEndPoint(path));

                // Nobody can connect before Listen, so the rights are never wider than this for anyone who gets through.
                File.SetUnixFileMode(path, OwnerReadWrite);
                _socket.Listen();
            }
            catch
            {
                _socket.Dispose();
                throw;
            }
        }

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken) =>
            new NetworkStream(await _socket.AcceptAsync(cancellationToken), ownsSocket: true);

        public override void Dispose()
        {
            _socket.Dispose();
            ControlEndpoint.DeleteIfThere(_path);
            if (_ownsDirectory)
            {
                Directory.Delete(Path.GetDirectoryName(_path)!);
            }
        }
    }

    private sealed class PipeListener(string name) : ControlListener
    {
        private NamedPipeServerStream _next = Make(name);

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            await _next.WaitForConnectionAsync(cancellationToken);
            var connected = _next;
            _next = Make(name);
            return connected;
        }

        public override void Dispose() => _next.Dispose();

        private static NamedPipeServerStream Make(string name) => new(
            name, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte,
            PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
    }
}
