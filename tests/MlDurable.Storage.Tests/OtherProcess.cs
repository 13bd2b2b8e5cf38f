using System.Diagnostics;

namespace MlDurable.Storage.Tests;

/// <summary>A second process on a store, see <see cref="Program"/>.</summary>
internal sealed class OtherProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private OtherProcess(Process process) => _process = process;

    public static OtherProcess Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new OtherProcess(Process.Start(start)!);
    }

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    /// <summary>Waits for the end and gives what the process wrote.</summary>
    public async Task<string> EndAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(0, _process.ExitCode);
        return output.Trim();
    }

    /// <summary>Kills the process, as `kill -9` does, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
