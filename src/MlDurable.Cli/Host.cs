namespace MlDurable.Cli;

/// <summary>What a command line runs in: its streams, terminal, clock and environment.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Errors and remarks.</param>
/// <param name="OpenInput">Opens the standard input.</param>
/// <param name="OutputIsTerminal">Whether a person watches <paramref name="Output"/>.</param>
/// <param name="Environment">Reads an environment variable; null when it is not set.</param>
/// <param name="Directory">The current directory.</param>
/// <param name="TimeProvider">The clock.</param>
internal sealed record Host(
    TextWriter Output,
    TextWriter Error,
    Func<Stream> OpenInput,
    bool OutputIsTerminal,
    Func<string, string?> Environment,
    string Directory,
    TimeProvider TimeProvider)
{
    public static Host OfProcess() => new(
        Console.Out,
        Console.Error,
        Console.OpenStandardInput,
        !Console.IsOutputRedirected,
        System.Environment.GetEnvironmentVariable,
        System.Environment.CurrentDirectory,
        TimeProvider.System);

    /// <summary>A path as the user gave it, made absolute.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, Directory);

    /// <summary>The store of commands without <c>--store</c>, from the environment; null when it names none.</summary>
    public string? DefaultStore => Environment(GlobalOptions.StoreVariable) is { Length: > 0 } store ? store : null;

    /// <summary>Where the default workspace of a command lies: beside its pipeline file, or in the current directory if it takes none.</summary>
    public string HomeOf(string? pipelineFile) => pipelineFile is null ? Directory : Path.GetDirectoryName(FullPath(pipelineFile))!;
}
