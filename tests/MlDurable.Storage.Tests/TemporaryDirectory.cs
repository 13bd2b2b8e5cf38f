namespace MlDurable.Storage.Tests;

/// <summary>A directory of one test, deleted at its end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mldurable-storage-").FullName;

    public string File(params string[] segments) => System.IO.Path.Combine([Path, .. segments]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
