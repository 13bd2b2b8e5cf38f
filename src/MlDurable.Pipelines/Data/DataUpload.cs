using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Data;

/// <summary>What came of bringing one file into a store.</summary>
/// <param name="Name">The partition's name: the blob's, without the <c>data/</c> container.</param>
/// <param name="Result"><c>added</c>, <c>replaced</c> (the name held another content) or <c>identical</c> (nothing was written).</param>
public sealed record UploadedFile(string Name, string Result);

/// <summary>Brings files to where a pipeline looks for them.</summary>
public sealed class DataUpload(IBlobStore store)
{
    /// <summary>Where a file goes: into the pattern's folder, under its own name.</summary>
    /// <param name="data">The pipeline's data section.</param>
    /// <param name="file">The file's path; only its name counts.</param>
    /// <exception cref="PipelineException"><c>data-name</c>: the pipeline would not find it there.</exception>
    public static string TargetOf(DataDefinition data, string file)
    {
        var pattern = new PartitionPattern(data.Files);
        var name = pattern.LiteralPrefix[..(pattern.LiteralPrefix.LastIndexOf('/') + 1)] + Path.GetFileName(file);
        return pattern.Matches(name)
            ? name
            : throw new PipelineException(
                "data-name", $"'{Path.GetFileName(file)}' does not match the pipeline's `data.files: {data.Files}`; rename the file, or widen the pattern");
    }

    /// <summary>Brings files in. A file whose content is there already under its name is not written again.</summary>
    /// <param name="data">The pipeline's data section.</param>
    /// <param name="files">The files.</param>
    /// <param name="progress">Told of each file when it is in place.</param>
    /// <param name="cancellationToken">Cancels between and within files; a file is in place whole or not at all.</param>
    /// <returns>What came of each file, in the same order.</returns>
    /// <exception cref="PipelineException"><c>data-name</c>, before anything is written.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<ImmutableArray<UploadedFile>> UploadAsync(
        DataDefinition data, IReadOnlyList<string> files, IProgress<UploadedFile>? progress = null, CancellationToken cancellationToken = default)
    {
        var targets = files.Select(file => (File: file, Name: TargetOf(data, file))).ToList();
        var uploaded = ImmutableArray.CreateBuilder<UploadedFile>(files.Count);
        foreach (var (file, name) in targets)
        {
            var result = new UploadedFile(name, await UploadAsync(file, BlobNames.Data + name, cancellationToken));
            uploaded.Add(result);
            progress?.Report(result);
        }

        return uploaded.MoveToImmutable();
    }

    private async Task<string> UploadAsync(string file, string blob, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var present = await store.GetPropertiesAsync(blob, cancellationToken);
        if (present is not null && present.Length == content.Length && await IsIdenticalAsync(content, blob, cancellationToken))
        {
            return "identical";
        }

        content.Position = 0;
        await store.WriteAsync(blob, content, present is null ? BlobCondition.IfAbsent : BlobCondition.IfMatch(present.ETag), cancellationToken);
        return present is null ? "added" : "replaced";
    }

    private async Task<bool> IsIdenticalAsync(Stream content, string blob, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenReadAsync(blob, ct: cancellationToken);
        return await ContentHash.OfAsync(content, cancellationToken) == await ContentHash.OfAsync(reader.Content, cancellationToken);
    }
}
