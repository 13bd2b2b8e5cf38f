namespace MlDurable.EndToEnd.Tests;

/// <summary>A workspace with one finished run, made once; tests that change it work on a copy.</summary>
public sealed class TrainedWorkspace : IAsyncLifetime, IDisposable
{
    private TestDirectory? directory;

    internal TestDirectory Directory => directory!;

    public async Task InitializeAsync()
    {
        directory = new TestDirectory();
        (await directory.RunYearsAsync(1990, 1991, 1992, 1993)).ShouldExitWith(0);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => directory?.Dispose();

    internal TestDirectory Copy()
    {
        var copy = new TestDirectory();
        foreach (var file in System.IO.Directory.EnumerateFiles(Directory.Root, "*", SearchOption.AllDirectories))
        {
            var target = copy.At(Path.GetRelativePath(Directory.Root, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        return copy;
    }
}
