using System.IO.Pipes;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MlDurable.Orchestration.Embedded;

/// <summary>Where an owner listens: a Unix domain socket, or a named pipe on Windows. Its name stands in a file of the workspace.</summary>
internal static class ControlEndpoint
{
    private const string EndpointFile = "control-endpoint";

    // sockaddr_un.sun_path has 104 bytes on macOS and 108 on Linux, with the terminating zero.
    private const int MaxSocketPath = 103;

    /// <summary>The endpoint of a workspace. A path that is too long for a socket is replaced by one in the temporary directory.</summary>
    public static string Choose(string directory)
    {
        var full = Path.GetFullPath(directory);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..16];
        if (OperatingSystem.IsWindows())
        {
            return $"mldurable-{hash}";
        }

        var path = Path.Combine(full, "control.sock");
        return Encoding.UTF8.GetByteCount(path) <= MaxSocketPath
            ? path
            : Path.Combine(Path.GetTempPath(), $"mldurable-{hash}", "control.sock");
    }

    public static void Record(string directory, string endpoint)
    {
        var path = Path.Combine(directory, EndpointFile);
        File.WriteAllText(path + ".tmp", endpoint);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    public static void Forget(string directory) => DeleteIfThere(Path.Combine(directory, EndpointFile));

    /// <summary>Deletes a file, which may have gone with its directory: a workspace can be deleted under its owner.</summary>
    public static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing is left to delete.
        }
    }

    public static string? Find(string directory)
    {
        var path = Path.Combine(directory, EndpointFile);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    public static async Task<Stream> ConnectAsync(string endpoint, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            var pipe = new NamedPipeClientStream(".", endpoint, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
            await pipe.ConnectAsync(TimeSpan.FromSeconds(5), cancellationToken);
            return pipe;
        }

#pragma warning disable CA2000 // the stream owns it, or the catch disposes it
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
#pragma warning restore CA2000
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
