using System.Net;
using System.Text.Json;

namespace MlDurable.Server.Tests;

/// <summary>A server with one finished run of the sample, made once through the API; tests leave that run and its model alone.</summary>
public sealed class RanServer : IAsyncLifetime
{
    private readonly DirectoryInfo folder = System.IO.Directory.CreateTempSubdirectory("mldurable-server-");
    private TestServer? server;

    public TestServer Server => server!;

    /// <summary>The store; its parent holds nothing else.</summary>
    public string Directory => Path.Combine(folder.FullName, "store");

    public string RunId { get; private set; } = "";

    public JsonElement Ended { get; private set; }

    public async Task InitializeAsync()
    {
        server = await TestServer.StartAsync(Directory);
        await Server.DeployAsync("strikes", BirdStrikes.Pipeline("strikes")).ShouldBeAsync(HttpStatusCode.OK);
        await Server.DeployAsync("empty", BirdStrikes.Pipeline("empty", files: "nothing/*.csv", model: "empty")).ShouldBeAsync(HttpStatusCode.OK);
        foreach (var year in (int[])[1990, 1991, 1992])
        {
            await Server.UploadAsync($"bird-strikes/{year}.csv", BirdStrikes.Year(year)).ShouldBeAsync(HttpStatusCode.Created);
        }

        RunId = await Server.StartRunAsync("strikes");
        Ended = await Server.WatchToEndAsync(RunId);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
