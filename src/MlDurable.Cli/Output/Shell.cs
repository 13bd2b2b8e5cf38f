namespace MlDurable.Cli.Output;

/// <summary>Commands in messages, written so that they can be copied into a shell.</summary>
internal static class Shell
{
    private const string Safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

    /// <summary>An argument, quoted where a shell would not take it as it is.</summary>
    public static string Quote(string argument)
    {
        if (OperatingSystem.IsWindows())
        {
            // A backslash separates directories there and needs no quotes; a path holds no quotation mark.
            return argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(Safe + "\\") ? argument : $"\"{argument}\"";
        }

        return argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(Safe)
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
