namespace MlDurable.Orchestration.Embedded.Tests;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mldurable-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
