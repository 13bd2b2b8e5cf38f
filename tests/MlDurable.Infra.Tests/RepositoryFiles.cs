namespace MlDurable.Infra.Tests;

/// <summary>Files of the repository that the tests read.</summary>
internal static class RepositoryFiles
{
    /// <summary>The names of the files below a folder, relative to the repository, in order.</summary>
    public static IReadOnlyList<string> Below(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(Repository.PathOf(folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    /// <summary>The cells of a Markdown table's rows, without the header; backticks are taken off.</summary>
    /// <param name="document">The document's name.</param>
    /// <param name="header">How the header line begins.</param>
    public static IReadOnlyList<string[]> Table(string document, string header)
    {
        var lines = Repository.Read(document).Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith(header, StringComparison.Ordinal));
        Assert.True(start >= 0, $"{document} has no table that begins with '{header}'.");
        return [.. lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|')).Select(Cells)];
    }

    private static string[] Cells(string row) => [.. row.Trim().Trim('|').Split('|').Select(cell => cell.Replace("`", "").Trim())];
}
