using System.Collections.Immutable;
using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli;

/// <summary>The arguments of commands that take a pipeline file, and their reading.</summary>
internal sealed class PipelineArguments
{
    public Argument<string> File { get; } = new("PIPELINE") { Description = "The pipeline file." };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Sets a parameter of the pipeline; may be repeated.",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => [],
    };

    public Option<string[]> Data { get; } = new("--data")
    {
        Description = "A data file, or a directory of them; may be repeated.",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Adds the file and <c>--set</c> to a command, and <c>--data</c> when it takes data.</summary>
    public void AddTo(Command command, bool withData)
    {
        command.Arguments.Add(File);
        command.Options.Add(Set);
        if (withData)
        {
            command.Options.Add(Data);
        }
    }

    /// <summary>The path of the pipeline file as given.</summary>
    public string FileOf(CommandCall call) => call.Arguments.GetRequiredValue(File);

    /// <summary>Reads the pipeline file; its warnings become remarks.</summary>
    /// <exception cref="InvalidPipelineException">The file has errors: all of them.</exception>
    /// <exception cref="CliException"><c>file-not-found</c>, <c>file-unusable</c> or <c>usage</c>.</exception>
    public PipelineSource Read(CommandCall call) => Read(call, ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Reads the pipeline file with values for its parameters beneath those of <c>--set</c>; its warnings become remarks.</summary>
    /// <exception cref="InvalidPipelineException">The file has errors: all of them.</exception>
    /// <exception cref="CliException"><c>file-not-found</c>, <c>file-unusable</c> or <c>usage</c>.</exception>
    public PipelineSource Read(CommandCall call, ImmutableSortedDictionary<string, string> defaults)
    {
        var source = PipelineSources.Read(FileOf(call), defaults.SetItems(Parameters(call)), call.Host, out var problems);
        foreach (var problem in problems)
        {
            call.Terminal.Remark(problem.ToString());
        }

        return source;
    }

    /// <summary>The parameters given with <c>--set</c>.</summary>
    public ImmutableSortedDictionary<string, string> Parameters(CommandCall call) => Parameters(call, Set);

    /// <summary>The parameters given with an option like <c>--set</c>.</summary>
    public static ImmutableSortedDictionary<string, string> Parameters(CommandCall call, Option<string[]> set)
    {
        var parameters = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var setting in call.Arguments.GetValue(set) ?? [])
        {
            var cut = setting.IndexOf('=', StringComparison.Ordinal);
            if (cut <= 0)
            {
                throw new CliException(CliErrorCodes.Usage, $"--set takes NAME=VALUE, not '{setting}'");
            }

            if (!parameters.TryAdd(setting[..cut], setting[(cut + 1)..]))
            {
                throw new CliException(CliErrorCodes.Usage, $"--set gives '{setting[..cut]}' twice");
            }
        }

        return parameters.ToImmutable();
    }

    /// <summary>The files given with <c>--data</c>: of a directory those that the pipeline would find; null when none is given.</summary>
    public IReadOnlyList<string>? DataFiles(CommandCall call, DataDefinition data) =>
        call.Arguments.GetValue(Data) is { Length: > 0 } paths ? PipelineSources.DataFiles(paths, data, call.Host) : null;
}
