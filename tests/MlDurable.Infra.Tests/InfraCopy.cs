namespace MlDurable.Infra.Tests;

/// <summary>A copy of <c>infra/</c>, for commands of the compiler that write beside the files they read.</summary>
internal sealed class InfraCopy : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-infra-");

    public InfraCopy()
    {
        foreach (var file in RepositoryFiles.Below("infra", "*"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
            File.Copy(Repository.PathOf(file), PathOf(file));
        }
    }

    /// <summary>Where a file of the repository is in the copy.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
