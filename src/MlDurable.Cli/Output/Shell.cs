using System.Buffers;

namespace MlDurable.Cli.Output;

/// <summary>Commands in messages, written so that they can be copied into a shell.</summary>
internal static class Shell
{
    /// <summary>A backslash separates directories on Windows and needs no quotes there.</summary>
    private static readonly SearchValues<char> Safe = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-" + (OperatingSystem.IsWindows() ? "\\" : ""));

    /// <summary>An argument, quoted where a shell would not take it as it is.</summary>
    public static string Quote(string argument)
    {
        if (argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(Safe))
        {
            return argument;
        }

        // A path on Windows holds no quotation mark.
        return OperatingSystem.IsWindows() ? $"\"{argument}\"" : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
