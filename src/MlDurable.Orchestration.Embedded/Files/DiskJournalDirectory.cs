using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MlDurable.Orchestration.Embedded.Files;

internal sealed partial class DiskJournalDirectory(string path) : IJournalDirectory
{
    public string Path { get; } = path;

    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(Path).Select(file => System.IO.Path.GetFileName(file))];

    public Stream OpenRead(string name) =>
        new FileStream(Full(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16);

    public IJournalFile Create(string name) => new DiskJournalFile(Full(name));

    public void Truncate(string name, long length)
    {
        using var handle = OpenChanging(name);
        RandomAccess.SetLength(handle, length);
    }

    public void Flush(string name)
    {
        using var handle = OpenChanging(name);
        RandomAccess.FlushToDisk(handle);
    }

    public void Rename(string name, string newName) => File.Move(Full(name), Full(newName), overwrite: true);

    public void Delete(string name) => File.Delete(Full(name));

    public void Sync()
    {
        // Windows writes directory changes through its own log and has no such call.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenDirectory(Path, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open directory '{Path}' to flush it: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var flushed = FlushDescriptor(descriptor);
        var message = Marshal.GetLastPInvokeErrorMessage();
        _ = CloseDescriptor(descriptor);
        if (flushed != 0)
        {
            throw new IOException($"Cannot flush directory '{Path}': {message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);

    private SafeFileHandle OpenChanging(string name) => File.OpenHandle(Full(name), FileMode.Open, FileAccess.Write, FileShare.Read);

    private string Full(string name) => System.IO.Path.Combine(Path, name);

    private sealed partial class DiskJournalFile(string path) : IJournalFile
    {
        private const int Interrupted = 4;

        private readonly SafeFileHandle _handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        private long _length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(_handle, bytes, _length);
            _length += bytes.Length;
        }

        public void Reserve(int bytes) => RandomAccess.Write(_handle, new byte[bytes], _length);

        public void Seal() => RandomAccess.SetLength(_handle, _length);

        public void Flush()
        {
            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.FlushToDisk(_handle);
                return;
            }

            // Not fsync, which would also write the times of the file.
            while (FlushData(_handle) != 0)
            {
                if (Marshal.GetLastPInvokeError() is not Interrupted)
                {
                    throw new IOException($"Cannot flush '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
                }
            }
        }

        public void Dispose() => _handle.Dispose();

        [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int FlushData(SafeFileHandle file);
    }
}
