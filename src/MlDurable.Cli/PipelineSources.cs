using System.Collections.Immutable;
using MlDurable.Cli.Output;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli;

/// <summary>A pipeline file with errors.</summary>
/// <param name="file">The file as it was given.</param>
/// <param name="problems">Every problem of the file.</param>
internal sealed class InvalidPipelineException(string file, ImmutableArray<PipelineProblem> problems)
    : Exception($"{file} is not a valid pipeline: {Text.Counted(problems.Count(problem => problem.Severity == PipelineProblemSeverity.Error), "error")}")
{
    public ImmutableArray<PipelineProblem> Problems { get; } = problems;
}

/// <summary>Reads pipeline files and finds data files.</summary>
internal static class PipelineSources
{
    /// <summary>Reads a pipeline file.</summary>
    /// <exception cref="InvalidPipelineException">The file has errors.</exception>
    /// <exception cref="CliException"><c>file-not-found</c> or <c>file-unusable</c>.</exception>
    public static PipelineSource Read(
        string file, ImmutableSortedDictionary<string, string> parameters, Host host, out ImmutableArray<PipelineProblem> warnings)
    {
        var content = ReadBytes(file, host);
        var loaded = PipelineFile.Load(file, content, new PipelineLoadOptions { Parameters = parameters });
        warnings = loaded.Problems;
        return loaded.Definition is { } definition
            ? new PipelineSource(file, content, loaded.ContentHash, definition, parameters)
            : throw new InvalidPipelineException(file, loaded.Problems);
    }

    /// <summary>The data files behind paths: a file itself, of a directory those files that the pipeline would find.</summary>
    /// <exception cref="CliException"><c>file-not-found</c>: a path is not there, or a directory holds nothing for the pipeline.</exception>
    public static IReadOnlyList<string> DataFiles(IEnumerable<string> paths, DataDefinition data, Host host)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            var full = host.FullPath(path);
            if (File.Exists(full))
            {
                files.Add(full);
                continue;
            }

            if (!Directory.Exists(full))
            {
                throw new CliException(CliErrorCodes.FileNotFound, $"there is no file or directory '{path}'");
            }

            var found = Directory.GetFiles(full).Where(file => IsWanted(data, file)).Order(StringComparer.Ordinal).ToList();
            files.AddRange(found.Count > 0
                ? found
                : throw new CliException(CliErrorCodes.FileNotFound, $"no file in '{path}' matches the pipeline's `data.files: {data.Files}`"));
        }

        return files;
    }

    private static bool IsWanted(DataDefinition data, string file)
    {
        try
        {
            DataUpload.TargetOf(data, file);
            return true;
        }
        catch (PipelineException exception) when (exception.Code == "data-name")
        {
            return false;
        }
    }

    private static byte[] ReadBytes(string file, Host host)
    {
        try
        {
            using var stream = File.OpenRead(host.FullPath(file));
            var buffer = new byte[PipelineFile.MaxBytes + 1];
            return buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(CliErrorCodes.FileNotFound, $"there is no pipeline file '{file}'; `mldurable init` writes one", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(CliErrorCodes.FileUnusable, $"the pipeline file '{file}' cannot be read: {exception.Message}", exception);
        }
    }
}
