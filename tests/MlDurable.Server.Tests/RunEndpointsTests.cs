using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MlDurable.Server.Tests;

public sealed class RunEndpointsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-server-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Get_UnknownRun_IsAProblemWithItsCode()
    {
        await using var server = await TestServer.StartAsync(folder.FullName);

        var response = await server.Client.GetAsync(new Uri("/api/runs/20260101T000000-aaaaaa", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("run-not-found", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }
}
