using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests;

/// <summary>A directory store in a folder of its own, deleted at the end.</summary>
public sealed class TemporaryStore : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-");

    public TemporaryStore() => Store = new DirectoryBlobStore(folder.FullName);

    public IBlobStore Store { get; }

    public string Path => folder.FullName;

    public void Dispose() => folder.Delete(recursive: true);
}
