using System.Diagnostics;
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
        using var app = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "WebApp.dll"), "--store", folder.FullName, "--model", SampleModels.Name, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(await AddressAsync(app.StandardOutput)) };
            foreach (var path in new[] { "/risk", "/ml/api/models/strikes/predict" })
            {
                using var body = new ByteArrayContent(models.Json(3)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                using var response = await client.PostAsync(new Uri(path, UriKind.Relative), body);
                Assert.Equal(expected, (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("probability").GetDouble());
            }
        }
        finally
        {
            app.Kill();
            await app.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Documentation_ShowsTheProgramOfTheSample()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SampleModels.DataFile(1990))!, "..", "..", ".."));
        var documentation = await File.ReadAllTextAsync(Path.Combine(root, "docs", "embedding.md"));
        foreach (var file in new[] { "Program.cs", "Strike.cs" })
        {
            Assert.Contains(
                $"```csharp\n{await File.ReadAllTextAsync(Path.Combine(root, "samples", "web-app", file))}```", documentation, StringComparison.Ordinal);
        }
    }

    private static async Task<string> AddressAsync(StreamReader output)
    {
        const string mark = "Now listening on: ";
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at)
            {
                return line[(at + mark.Length)..];
            }
        }

        throw new InvalidOperationException("The sample ended before it listened.");
    }
}
