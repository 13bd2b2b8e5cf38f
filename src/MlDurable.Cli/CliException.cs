namespace MlDurable.Cli;

/// <summary>Something that is wrong with how a command was called, or with a file that was given to it.</summary>
/// <param name="code">A code of <see cref="CliErrorCodes"/>.</param>
/// <param name="message">What was found, where, and what to do.</param>
/// <param name="innerException">The cause, if there is one.</param>
internal sealed class CliException(string code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string Code { get; } = code;
}

/// <summary>The codes of <see cref="CliException"/>.</summary>
internal static class CliErrorCodes
{
    /// <summary>An option, argument or combination of them that cannot be.</summary>
    public const string Usage = "usage";

    /// <summary>A file that was named and is not there.</summary>
    public const string FileNotFound = "file-not-found";

    /// <summary>A file that is there and cannot be read or written.</summary>
    public const string FileUnusable = "file-unusable";

    /// <summary>A file that is there already and would be overwritten.</summary>
    public const string FileExists = "file-exists";

    /// <summary>A pipeline file with errors.</summary>
    public const string PipelineInvalid = "pipeline-invalid";

    /// <summary>An unfinished run stands in the way of another one.</summary>
    public const string RunUnfinished = "run-unfinished";
}
