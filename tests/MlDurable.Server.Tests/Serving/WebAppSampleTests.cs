using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MlDurable.Storage;
using MlDurable.Testing.Serving;

namespace MlDurable.Server.Tests.Serving;

public sealed class WebAppSampleTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-sample-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Sample_OwnRouteAndApiBelowAPrefix_Answer()
    {
        var models = await SampleModels.CreateAsync(new DirectoryBlobStore(folder.FullName));
        var expected = models.Expected((await models.AddAsync()).Model)[3];
        await models.PromoteAsync(1);
        await using var app = await SampleApp.StartAsync("WebApp", folder.FullName, "--model", SampleModels.Name);
        foreach (var path in new[] { "/risk", "/ml/api/models/strikes/predict" })
        {
            using var body = new ByteArrayContent(models.Json(3)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await app.Client.PostAsync(new Uri(path, UriKind.Relative), body);
            Assert.Equal(expected, (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("probability").GetDouble());
        }
    }

    [Fact]
    public async Task Documentation_ShowsTheProgramOfTheSample()
    {
        var documentation = await File.ReadAllTextAsync(Repository.PathOf("docs", "embedding.md"));
        foreach (var file in new[] { "Program.cs", "Strike.cs" })
        {
            Assert.Contains(
                $"```csharp\n{await File.ReadAllTextAsync(Repository.PathOf("samples", "web-app", file))}```", documentation, StringComparison.Ordinal);
        }
    }
}
