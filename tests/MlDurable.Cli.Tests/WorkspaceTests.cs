using MlDurable.Pipelines.Definition;

namespace MlDurable.Cli.Tests;

public sealed class WorkspaceTests : IDisposable
{
    private readonly CliHost cli = new();

    [Fact]
    public void Open_WithoutAStore_IsBesideThePipeline()
    {
        var workspace = Workspace.Open(null, Path.Combine(cli.Directory, "pipelines"), cli.Host());
        Assert.Equal(Path.Combine(cli.Directory, "pipelines", ".mldurable"), workspace.StoreDirectory);
        Assert.Equal(Path.Combine(cli.Directory, "pipelines", ".mldurable", "journal"), workspace.JournalDirectory);
        Assert.Equal("workspace", workspace.EngineName);
        Assert.Null(workspace.Owner());
        Assert.Empty(Directory.EnumerateFileSystemEntries(cli.Directory));
    }

    [Fact]
    public void Open_WithADirectory_TakesItRelativeToTheCurrentOne()
    {
        var workspace = Workspace.Open("elsewhere", Path.Combine(cli.Directory, "pipelines"), cli.Host());
        Assert.Equal(Path.Combine(cli.Directory, "elsewhere"), workspace.StoreDirectory);
        Assert.Equal(Path.Combine(cli.Directory, "elsewhere", "runs", "1", "report.html"), workspace.Locate("runs/1/report.html"));
    }

    [Fact]
    public void Open_WithAConnection_KeepsTheJournalOnThisDiskUnderALastingName()
    {
        var workspace = Workspace.Open("UseDevelopmentStorage=true", cli.Directory, cli.Host());
        Assert.Null(workspace.StoreDirectory);
        Assert.Equal(Path.Combine(cli.Directory, ".mldurable", "journal"), workspace.JournalDirectory);
        Assert.NotEqual("workspace", workspace.EngineName);
        Assert.Equal(workspace.EngineName, Workspace.Open("UseDevelopmentStorage=true", cli.Directory, cli.Host()).EngineName);
    }

    [Fact]
    public void DataFiles_OfADirectory_AreThoseThatThePipelineWouldFind()
    {
        cli.Write("in/b.csv", "");
        cli.Write("in/a.csv", "");
        cli.Write("in/readme.txt", "");
        Assert.Equal(
            ["a.csv", "b.csv"], PipelineSources.DataFiles(["in"], Data(), cli.Host()).Select(file => Path.GetFileName(file)));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("empty")]
    public void DataFiles_ThatAreNotThere_AreNotFound(string path)
    {
        cli.Write("empty/readme.txt", "");
        Assert.Equal("file-not-found", Assert.Throws<CliException>(() => PipelineSources.DataFiles([path], Data(), cli.Host())).Code);
    }

    public void Dispose() => cli.Dispose();

    private static DataDefinition Data() =>
        PipelineFile.Load("p.yaml", System.Text.Encoding.UTF8.GetBytes(SamplePipeline.Yaml)).Definition!.Data;
}
