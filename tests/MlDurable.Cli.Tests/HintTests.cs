using MlDurable.Cli.Demo;
using MlDurable.Cli.Output;

namespace MlDurable.Cli.Tests;

/// <summary>Commands in messages work when they are copied.</summary>
public sealed class HintTests : IDisposable
{
    private readonly CliHost cli = new();

    [Theory]
    [InlineData("pipeline.yaml", "pipeline.yaml")]
    [InlineData("my dir/p.yaml", "'my dir/p.yaml'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$(x);`y`", "'$(x);`y`'")]
    [InlineData("ä", "'ä'")]
    [InlineData("", "''")]
    public void Quote_IsReadBackByTheShell(string argument, string expected)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal(expected, Shell.Quote(argument));
        Assert.Equal([argument], ShellLine.ArgumentsOf($"mldurable {expected}"));
    }

    [Theory]
    [InlineData("mldurable-demo")]
    [InlineData("it's a demo")]
    public void Demo_NextCommands_ParseAndNameFilesOfTheDemo(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var directory = new DemoDirectory(Path.Combine(cli.Directory, name));
        var workspace = Workspace.Open(Path.Combine(directory.Root, ".mldurable"), directory.Root, cli.Host());
        var lines = DemoStory.Next(directory, workspace, cli.Host(), "bird-strike-damage", "20260102T030405").Select(ShellLine.ArgumentsOf).ToList();
        Assert.Equal(
            [
                ["run", $"{name}/pipeline.yaml", "--data", $"{name}/arrivals/birdstrikes-2001.csv"],
                ["models", "bird-strike-damage", "--store", $"{name}/.mldurable"],
                ["predict", "bird-strike-damage", "--input", $"{name}/arrivals/birdstrikes-2002.csv", "--store", $"{name}/.mldurable"],
                ["reproduce", "20260102T030405", "--store", $"{name}/.mldurable"],
            ],
            lines);
        Assert.All(lines, line => Assert.Empty(CommandLine.Root(out _, out _, out _).Parse(line).Errors));
    }

    [Theory]
    [InlineData(null, null, null, "")]
    [InlineData("my store", null, null, " --store 'my store'")]
    [InlineData("my store", "my store", null, "")]
    [InlineData(null, null, "sub/p.yaml", "")]
    [InlineData(".mldurable", null, "sub/p.yaml", " --store .mldurable")]
    [InlineData("UseDevelopmentStorage=true", null, null, " --store CONNECTION")]
    [InlineData("UseDevelopmentStorage=true", "UseDevelopmentStorage=true", null, "")]
    public void StoreOption_IsGivenWhereTheDefaultIsAnother(string? store, string? environment, string? pipeline, string expected)
    {
        if (environment is not null)
        {
            cli.Set("MLDURABLE_STORE", environment);
        }

        var host = cli.Host();
        Assert.Equal(expected, Workspace.Open(store ?? host.DefaultStore, host.HomeOf(pipeline), host).StoreOption(pipeline));
    }

    [Fact]
    public async Task Validate_WithoutData_QuotesThePathInItsHint()
    {
        cli.Write("my dir/p.yaml", SamplePipeline.Yaml);
        Assert.Equal(0, await cli.RunAsync("validate", "my dir/p.yaml", "--store", "my store"));
        Assert.Contains("`mldurable run 'my dir/p.yaml' --data PATH --store 'my store'`", cli.Output, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
