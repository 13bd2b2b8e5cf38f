namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>Files of the repository that tests check: documents, the checked-in schema, samples.</summary>
internal static class RepositoryFiles
{
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    public static string Read(params ReadOnlySpan<string> parts) => File.ReadAllText(PathOf(parts));

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "MlDurable.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds MlDurable.sln.");
        }

        return directory.FullName;
    }
}
