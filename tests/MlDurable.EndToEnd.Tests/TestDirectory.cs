namespace MlDurable.EndToEnd.Tests;

/// <summary>A directory of its own for a test, with a pipeline file.</summary>
internal sealed class TestDirectory : IDisposable
{
    public TestDirectory(string? pipeline = null) => Write("pipeline.yaml", pipeline ?? BirdStrikes.Pipeline());

    public string Root { get; } = Directory.CreateTempSubdirectory("mldurable-e2e-").FullName;

    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    public Task<ToolResult> RunAsync(params string[] args) => Tool.RunAsync(Root, args);

    /// <summary>Runs the pipeline on some years.</summary>
    public Task<ToolResult> RunYearsAsync(params int[] years) =>
        RunAsync(["run", "pipeline.yaml", "--json", .. years.SelectMany(year => new[] { "--data", BirdStrikes.File(year) })]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException) when (Directory.Exists(Root))
        {
            // A process that was just killed may still be letting go of a file.
        }
    }
}
