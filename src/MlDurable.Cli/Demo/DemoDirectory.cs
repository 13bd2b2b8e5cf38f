namespace MlDurable.Cli.Demo;

/// <summary>The directory that the demo works in, with the sample's pipeline and data as they arrive.</summary>
internal sealed class DemoDirectory
{
    private const string Marker = ".mldurable-demo";
    private const string Sample = "samples/bird-strikes";

    internal DemoDirectory(string root) => Root = root;

    public string Root { get; }

    public string Pipeline => Path.Combine(Root, "pipeline.yaml");

    /// <summary>The workspace of the second run of the first act, which is killed.</summary>
    public string KilledStore => Path.Combine(Root, "killed");

    /// <summary>The file of a year as it arrives.</summary>
    public string Arrival(int year) => Path.Combine(Root, "arrivals", $"birdstrikes-{year}.csv");

    /// <summary>The damaged copy of the file of a year; it has the same name.</summary>
    public string DamagedArrival(int year) => Path.Combine(Root, "arrivals", "damaged", $"birdstrikes-{year}.csv");

    /// <summary>Makes the directory anew. What a previous demo made in it is replaced, and nothing else is touched.</summary>
    /// <exception cref="CliException"><c>file-exists</c>: the directory holds something else; <c>file-not-found</c>: the sample is not there.</exception>
    public static async Task<DemoDirectory> CreateAsync(string root, Host host, CancellationToken cancellationToken)
    {
        var sample = FindSample(host);
        var demo = new DemoDirectory(root);
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            if (!File.Exists(Path.Combine(root, Marker)))
            {
                throw new CliException(
                    CliErrorCodes.FileExists, $"{root} is not empty and no earlier demo made it; choose another directory with --dir");
            }

            foreach (var made in new[] { ".mldurable", "arrivals", "killed" }.Select(name => Path.Combine(root, name)).Where(Directory.Exists))
            {
                Directory.Delete(made, recursive: true);
            }
        }

        Directory.CreateDirectory(Path.Combine(root, "arrivals", "damaged"));
        await File.WriteAllTextAsync(Path.Combine(root, Marker), "made by mldurable demo; replaced by the next one\n", cancellationToken);
        File.Copy(Path.Combine(sample, "pipeline.yaml"), demo.Pipeline, overwrite: true);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(sample, "data"), "*.csv"))
        {
            File.Copy(file, Path.Combine(root, "arrivals", Path.GetFileName(file)));
        }

        return demo;
    }

    /// <summary>The sample lies in the repository that the program was built in, or in the one that it is called from.</summary>
    private static string FindSample(Host host)
    {
        foreach (var start in new[] { AppContext.BaseDirectory, host.Directory })
        {
            for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
            {
                var candidate = Path.Combine(directory.FullName, Sample);
                if (File.Exists(Path.Combine(candidate, "pipeline.yaml")))
                {
                    return candidate;
                }
            }
        }

        throw new CliException(
            CliErrorCodes.FileNotFound, $"the sample {Sample} is neither beside the program nor above {host.Directory}; call the demo inside the repository");
    }
}
