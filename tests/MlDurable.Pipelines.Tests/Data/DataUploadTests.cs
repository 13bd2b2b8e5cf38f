using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Data;

public sealed class DataUploadTests : IDisposable
{
    private readonly TemporaryStore workspace = new();
    private readonly DirectoryInfo incoming = Directory.CreateTempSubdirectory("mldurable-incoming-");

    [Fact]
    public async Task UploadAsync_NewIdenticalAndChangedFiles_AreToldApart()
    {
        var file = Write("june.csv", "a\n1\n");
        Assert.Equal(new UploadedFile("churn/june.csv", "added"), await UploadAsync(file));
        var before = await workspace.Store.GetPropertiesAsync("data/churn/june.csv");
        Assert.Equal("identical", (await UploadAsync(file)).Result);
        Assert.Equal(before, await workspace.Store.GetPropertiesAsync("data/churn/june.csv"));
        Write("june.csv", "a\n2\n");
        Assert.Equal("replaced", (await UploadAsync(file)).Result);
        Assert.Equal("a\n2\n"u8.ToArray(), await workspace.Store.ReadBytesAsync("data/churn/june.csv", 100));
    }

    [Fact]
    public async Task UploadAsync_AFileThatThePipelineWouldNotFind_IsRefusedBeforeAnythingIsWritten()
    {
        var exception = await Assert.ThrowsAsync<PipelineException>(
            () => new DataUpload(workspace.Store).UploadAsync(Data(), [Write("june.csv", "a\n"), Write("june.txt", "a\n")]));
        Assert.Equal("data-name", exception.Code);
        Assert.False(await workspace.Store.ExistsAsync("data/churn/june.csv"));
    }

    public void Dispose()
    {
        workspace.Dispose();
        incoming.Delete(recursive: true);
    }

    private async Task<UploadedFile> UploadAsync(string file) => Assert.Single(await new DataUpload(workspace.Store).UploadAsync(Data(), [file]));

    private string Write(string name, string content)
    {
        var path = Path.Combine(incoming.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static DataDefinition Data() => PipelineFile.Load(
        "p.yaml",
        """
        pipeline: churn
        data: { files: churn/*.csv, label: { column: left } }
        train: { candidates: [{ trainer: logistic-regression }] }
        """u8.ToArray()).Definition!.Data;
}
