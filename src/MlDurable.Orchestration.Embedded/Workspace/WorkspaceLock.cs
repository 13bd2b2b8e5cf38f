using System.Diagnostics;
using System.Text.Json;

namespace MlDurable.Orchestration.Embedded;

/// <summary>
/// The ownership of a workspace by one process. The operating system holds the lock and frees it when the process ends, however it ends; the
/// files that stay behind mean nothing. Not safe for use from several threads.
/// </summary>
public sealed class WorkspaceLock : IDisposable
{
    private const string LockFile = "lock";
    private const string OwnerFile = "owner.json";

    /// <summary>For how long the lock is asked for again: who only looks whether somebody has it holds it for a moment.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _lock;

    private WorkspaceLock(FileStream held) => _lock = held;

    /// <summary>Takes the ownership.</summary>
    /// <param name="directory">The workspace's directory; made when it is not there.</param>
    /// <returns>The ownership, until it is disposed or the process ends.</returns>
    /// <exception cref="OrchestrationException">
    /// <see cref="EmbeddedErrorCodes.WorkspaceOwned"/>: the message has the owner's pid and host;
    /// <see cref="EmbeddedErrorCodes.WorkspaceUnusable"/>: the directory cannot be written.
    /// </exception>
    public static WorkspaceLock Acquire(string directory) => Acquire(directory, TimeProvider.System);

    /// <summary>Finds the present owner.</summary>
    /// <param name="directory">The workspace's directory.</param>
    /// <returns>The owner, or <see langword="null"/> when nobody owns it at the moment.</returns>
    public static WorkspaceOwner? Owner(string directory)
    {
        var path = Path.Combine(directory, LockFile);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var held = OpenLock(path, FileMode.Open);
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            return ReadOwner(directory);
        }
    }

    /// <summary>Gives the ownership up.</summary>
    public void Dispose() => _lock.Dispose();

    internal static WorkspaceLock Acquire(string directory, TimeProvider time)
    {
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(directory);
            try
            {
                held = TakeLock(Path.Combine(directory, LockFile));
            }
            catch (IOException exception) when (File.Exists(Path.Combine(directory, LockFile)))
            {
                var owner = ReadOwner(directory);
                throw new OrchestrationException(
                    EmbeddedErrorCodes.WorkspaceOwned,
                    $"The workspace '{directory}' is in use by process {owner?.ProcessId.ToString() ?? "(unknown)"} on {owner?.Host ?? "an unknown host"}. " +
                    "Send it a command, wait until it ends, or stop it.",
                    exception);
            }

            var me = new WorkspaceOwner(Environment.ProcessId, Environment.MachineName, time.GetUtcNow());
            var path = Path.Combine(directory, OwnerFile);
            File.WriteAllText(path + ".tmp", JsonSerializer.Serialize(me, WorkspaceJson.Default.WorkspaceOwner));
            File.Move(path + ".tmp", path, overwrite: true);
            return new(held);
        }
        catch (Exception exception)
        {
            held?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new OrchestrationException(
                    EmbeddedErrorCodes.WorkspaceUnusable,
                    $"The workspace '{directory}' cannot be used: {exception.Message} Check its path, its rights and the room on its disk.",
                    exception);
            }

            throw;
        }
    }

    private static FileStream TakeLock(string path)
    {
        var began = Stopwatch.GetTimestamp();
        var wait = default(SpinWait);
        while (true)
        {
            try
            {
                return OpenLock(path, FileMode.OpenOrCreate);
            }
            catch (IOException) when (File.Exists(path) && Stopwatch.GetElapsedTime(began) < s_patience)
            {
                wait.SpinOnce();
            }
        }
    }

    // With FileShare.None .NET takes flock(LOCK_EX) on Unix and a share mode on Windows: both end with the process.
    private static FileStream OpenLock(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None);

    // Between taking the lock and writing its name an owner is unknown for a moment.
    private static WorkspaceOwner? ReadOwner(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(
                File.ReadAllText(Path.Combine(directory, OwnerFile)), WorkspaceJson.Default.WorkspaceOwner);
        }
        catch (Exception exception) when (exception is FileNotFoundException or JsonException)
        {
            return null;
        }
    }
}
