using System.Text;

namespace MlDurable.Cli.Tests;

/// <summary>Runs command lines in this process, in a directory of their own.</summary>
public sealed class CliHost : IDisposable
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly Dictionary<string, string> environment = [];

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("mldurable-cli-").FullName;

    public string Output => output.ToString();

    public string Error => error.ToString();

    public string Input { get; set; } = "";

    internal Host Host(bool terminal = false) => new(
        output,
        error,
        () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        terminal,
        environment.GetValueOrDefault,
        Directory,
        TimeProvider.System);

    public void Set(string variable, string value) => environment[variable] = value;

    public string Write(string name, string content)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public Task<int> RunAsync(params string[] args) => CommandLine.RunAsync(args, Host(), CancellationToken.None);

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
