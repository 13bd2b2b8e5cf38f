using System.Runtime.InteropServices;

namespace MlDurable.Storage;

/// <summary>Makes the entries of a directory durable, so that a rename survives a power failure.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;
    private const int NoEntry = 2;
    private const int InvalidArgument = 22;

    /// <summary>Flushes a directory. Windows has no such call: NTFS journals its directories.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="IOException">It cannot be flushed.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
        {
            throw LastError(directory);
        }

        try
        {
            // Some network and FUSE file systems cannot flush a directory and say so with EINVAL: there is nothing more to ask of them.
            if (FSync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw LastError(directory);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException LastError(string directory)
    {
        var error = Marshal.GetLastPInvokeError();
        var message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{directory}'";
        return error == NoEntry ? new DirectoryNotFoundException(message) : new IOException(message, error);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
