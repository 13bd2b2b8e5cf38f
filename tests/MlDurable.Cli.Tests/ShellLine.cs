using System.Diagnostics;

namespace MlDurable.Cli.Tests;

/// <summary>Takes a line apart as the user's shell does.</summary>
internal static class ShellLine
{
    /// <summary>The arguments that <c>mldurable</c> gets from a line that was copied into a shell.</summary>
    public static string[] ArgumentsOf(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"mldurable() {{ printf '%s\\0' \"$@\"; }}\n{line}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return output.Split('\0')[..^1];
    }
}
