namespace MlDurable.Testing;

/// <summary>The checkout that the running test assembly was built from.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Folder { get; } = Find();

    /// <summary>The full path of something in it.</summary>
    public static string PathOf(params ReadOnlySpan<string> names) => Path.Combine([Folder, .. names]);

    /// <summary>The text of a file in it.</summary>
    public static string Read(params ReadOnlySpan<string> names) => File.ReadAllText(PathOf(names));

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "MlDurable.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} does not lie in the repository.");
        }

        return directory.FullName;
    }
}
