using System.Security.Cryptography;
using MlDurable.Pipelines.Definition.Binding;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition;

/// <summary>Reads pipeline files.</summary>
/// <remarks>
/// <para>Everything that is wrong with a file is reported at once, each mistake once, with its line and column. Nothing is thrown for a bad
/// file.</para>
/// <para>A file is one YAML 1.2 document in UTF-8: at most <see cref="MaxBytes"/> bytes, at most 64 levels deep, its aliases standing for
/// at most
/// 100,000 values; without tags, merge keys and duplicate keys. Thread-safe.</para>
/// </remarks>
public static class PipelineFile
{
    /// <summary>The most bytes that a pipeline file may have: 1 MiB.</summary>
    public const int MaxBytes = YamlReader.MaxBytes;

    /// <summary>Reads a pipeline.</summary>
    /// <param name="fileName">The file's name, for the problems.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="options">The parameters that are set; null for none.</param>
    /// <returns>The definition, or the problems that prevent one.</returns>
    public static PipelineLoadResult Load(string fileName, ReadOnlyMemory<byte> content, PipelineLoadOptions? options = null)
    {
        var problems = new ProblemList(fileName);
        var definition = YamlReader.Read(content, problems) is { } root
            ? PipelineBinder.Bind(root, (options ?? new PipelineLoadOptions()).Parameters, problems)
            : null;
        return new PipelineLoadResult(definition, problems.Sorted(), Convert.ToHexStringLower(SHA256.HashData(content.Span)));
    }

    /// <summary>Reads a pipeline from a stream, of which at most one byte more than <see cref="MaxBytes"/> is read.</summary>
    /// <param name="fileName">The file's name, for the problems.</param>
    /// <param name="content">The file's bytes; the caller disposes of the stream.</param>
    /// <param name="options">The parameters that are set; null for none.</param>
    /// <returns>
    /// The definition, or the problems that prevent one. The hash of a file that is too large is that of the bytes that were read.
    /// </returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static PipelineLoadResult Load(string fileName, Stream content, PipelineLoadOptions? options = null)
    {
        var buffer = new byte[MaxBytes + 1];
        var length = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return Load(fileName, buffer.AsMemory(0, length), options);
    }
}
