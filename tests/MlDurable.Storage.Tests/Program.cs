using System.Runtime.InteropServices;
using System.Text;

namespace MlDurable.Storage.Tests;

/// <summary>The second process of a test: `dotnet MlDurable.Storage.Tests.dll COMMAND ROOT …`. It says "ready" when it is where the test wants it.</summary>
public static partial class Program
{
    private const uint Nobody = 65534;

    public static async Task<int> Main(string[] args)
    {
        var store = new DirectoryBlobStore(args[1]);
        switch (args[0])
        {
            case "increment":
                await Counter.IncrementAsync(store, args[2], int.Parse(args[3]));
                return 0;
            case "claim":
                return await CodeAsync(() => store.WriteBytesAsync(args[2], Encoding.ASCII.GetBytes($"{Environment.ProcessId}"), BlobCondition.IfAbsent));
            case "write-without-end":
                var source = new GatedStream(new byte[1 << 20], []);
                var write = store.WriteAsync(args[2], source, BlobCondition.None);
                await source.ReachedAsync(write);
                await Console.Out.WriteLineAsync("ready");
                await write;
                return 0;
            case "hold-lock":
                using (await new StoreLocks(Path.Combine(args[1], BlobName.ReservedSuffix), store.Description).AcquireAsync(args[2], CancellationToken.None))
                {
                    await Console.Out.WriteLineAsync("ready");
                    await Console.In.ReadLineAsync();
                    return 0;
                }

            case "write-unprivileged":
                return await WriteUnprivilegedAsync(store, args[2], warmUp: args[3]);
            default:
                await Console.Error.WriteLineAsync($"Unknown command {args[0]}.");
                return 2;
        }
    }

    private static async Task<int> WriteUnprivilegedAsync(DirectoryBlobStore store, string name, string warmUp)
    {
        // Everything that the write needs is loaded before the rights to load it are given away.
        await new DirectoryBlobStore(warmUp).WriteBytesAsync(name, new byte[1], BlobCondition.None);
        await CodeAsync(() => Task.FromException(new BlobStoreException("warm-up", "Warm-up.")));
        if (Environment.IsPrivilegedProcess && SetEffectiveUser(Nobody) != 0)
        {
            return 2;
        }

        return await CodeAsync(() => store.WriteBytesAsync(name, new byte[1], BlobCondition.None));
    }

    private static async Task<int> CodeAsync(Func<Task> use)
    {
        try
        {
            await use();
            await Console.Out.WriteLineAsync("done");
        }
        catch (BlobStoreException exception)
        {
            await Console.Out.WriteLineAsync(exception.Code);
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "seteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEffectiveUser(uint user);
}
