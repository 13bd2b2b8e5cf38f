using System.CommandLine;

namespace MlDurable.Cli;

/// <summary>The options of every command.</summary>
internal static class GlobalOptions
{
    public const string StoreVariable = "MLDURABLE_STORE";
    public const string DebugVariable = "MLDURABLE_DEBUG";

    public static Option<string?> Store() => new("--store")
    {
        Description = "The workspace: a directory, or an Azure Storage connection. Default: the environment variable MLDURABLE_STORE, "
            + "else .mldurable beside the pipeline file, else .mldurable in the current directory.",
        HelpName = "DIR|CONNECTION",
        Recursive = true,
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "Write JSON to standard output, and nothing else: one document, after lines of progress for long commands.",
        Recursive = true,
    };

    public static Option<bool> NoColor() => new("--no-color")
    {
        Description = "No colours, as with the environment variable NO_COLOR.",
        Recursive = true,
    };
}
