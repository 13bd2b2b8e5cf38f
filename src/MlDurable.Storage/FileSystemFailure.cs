namespace MlDurable.Storage;

/// <summary>Tells what an exception of the file system means for a store.</summary>
/// <remarks>On Unix the <see cref="Exception.HResult"/> of an <see cref="IOException"/> is the raw <c>errno</c>; the numbers below are those of Linux and
/// macOS (errno.h). On Windows it is <c>0x8007</c> and the Win32 error (winerror.h).</remarks>
internal static class FileSystemFailure
{
    private const int WindowsFacility = unchecked((int)0x80070000);
    private const int WindowsWriteProtect = WindowsFacility | 19;
    private const int WindowsSharingViolation = WindowsFacility | 32;
    private const int WindowsHandleDiskFull = WindowsFacility | 39;
    private const int WindowsDiskFull = WindowsFacility | 112;
    private const int WindowsFileTooLarge = WindowsFacility | 223;
    private const int TooLarge = 27;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int LinuxWouldBlock = 11;
    private const int LinuxQuota = 122;
    private const int MacWouldBlock = 35;
    private const int MacQuota = 69;

    /// <summary>Whether an exception is one of the file system.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>Gives the exception to throw instead of one of the file system.</summary>
    public static BlobStoreException Translate(Exception exception, string store, string name)
    {
        var what = $"'{name}' in {store}";
        return exception switch
        {
            UnauthorizedAccessException => new BlobStoreException(
                BlobStoreErrorCodes.StoreDenied,
                $"No permission for {what}: {exception.Message} Give this user the right to read and write there, or choose another store.",
                name,
                exception),
            IOException { HResult: ReadOnlyFileSystem or WindowsWriteProtect } => new BlobStoreException(
                BlobStoreErrorCodes.StoreReadOnly,
                $"The file system of {what} is read-only. Mount it writable, or choose another store.",
                name,
                exception),
            IOException { HResult: NoSpace or LinuxQuota or MacQuota or WindowsDiskFull or WindowsHandleDiskFull } => new BlobStoreException(
                BlobStoreErrorCodes.StoreFull,
                $"No space is left for {what}. Free some, or choose another store; nothing was half-written.",
                name,
                exception),
            IOException { HResult: TooLarge or WindowsFileTooLarge } => new BlobStoreException(
                BlobStoreErrorCodes.BlobTooLarge, $"The file system takes no file of this size for {what}.", name, exception),
            PathTooLongException => new BlobStoreException(
                BlobStoreErrorCodes.InvalidBlobName,
                $"The path of {what} is too long for this operating system. Use a store with a shorter path.",
                name,
                exception),
            _ => new BlobStoreException(BlobStoreErrorCodes.StoreUnavailable, $"{what} failed: {exception.Message}", name, exception),
        };
    }

    /// <summary>Whether another handle holds the lock of the file.</summary>
    public static bool IsLocked(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult == WindowsSharingViolation
        : exception.HResult is LinuxWouldBlock or MacWouldBlock;
}
