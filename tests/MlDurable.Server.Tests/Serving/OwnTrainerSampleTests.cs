using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Server.Tests.Serving;

public sealed class OwnTrainerSampleTests : IDisposable
{
    private static readonly string Sample = Repository.PathOf("samples", "own-trainer");

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-sample-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Sample_TrainsEvaluatesPromotesAndPredictsWithItsTrainer()
    {
        string run, scored;
        await using (var app = await SampleApp.StartAsync("OwnTrainer", folder.FullName))
        {
            foreach (var year in (int[])[1990, 1991, 1992, 1993])
            {
                await SendAsync(app, HttpMethod.Put, $"/api/data/bird-strikes/{year}.csv", "text/csv", BirdStrikes.Year(year));
            }

            await SendAsync(app, HttpMethod.Put, "/api/pipelines/own-trainer", "application/yaml", await File.ReadAllBytesAsync(Path.Combine(Sample, "pipeline.yaml")));
            var started = await SendAsync(app, HttpMethod.Post, "/api/pipelines/own-trainer/runs", "application/json", "{}"u8.ToArray());
            run = JsonDocument.Parse(started).RootElement.GetProperty("id").GetString()!;
            await EndAsync(app, run);
            scored = await SendAsync(app, HttpMethod.Post, "/api/models/own-trainer/predict", "text/csv", BirdStrikes.Year(1993));
        }

        var store = new DirectoryBlobStore(folder.FullName);
        Assert.Equal(RunOutcome.Promoted, (await new RunStore(store).FindAsync(run))!.Outcome);
        var manifest = (await new RunStore(store).ManifestAsync(run))!;
        Assert.Equal("own-naive-bayes", manifest.Trainer);
        Assert.Equal(["log-ratio"], manifest.Transforms!.Keys);
        var judged = Encoding.UTF8.GetString(await store.ReadBytesAsync(RunStore.FileName(run, "predictions.csv"), 1 << 20)).Split('\n')
            .Where(line => line.Contains("1993.csv", StringComparison.Ordinal))
            .Select(line => line.Split(','))
            .ToList();
        var rows = scored.Split('\n');
        Assert.NotEmpty(judged);
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), double.Parse(rows[1 + int.Parse(fields[1])].Split(',')[^2])));

        // The tool has registered neither.
        Assert.Equal("trainer-not-registered", (await FailAsync("reproduce", run)).Code);
        var (code, message) = await FailAsync(
            "predict", "own-trainer",
            "--input", Path.Combine(Sample, "..", "bird-strikes", "data", "birdstrikes-1993.csv"),
            "--output", Path.Combine(folder.FullName, "scored.csv"));
        Assert.Equal("transform-not-registered", code);
        Assert.StartsWith("own-trainer/1: The model was made by the transform 'log-ratio'", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documentation_ShowsTheTrainerAndItsRegistration()
    {
        var documentation = await File.ReadAllTextAsync(Repository.PathOf("docs", "embedding.md"));
        foreach (var file in new[] { "NaiveBayesTrainer.cs", "NaiveBayes.cs", "LogRatioTransform.cs" })
        {
            Assert.Contains($"```csharp\n{await File.ReadAllTextAsync(Path.Combine(Sample, file))}```", documentation, StringComparison.Ordinal);
        }

        var program = await File.ReadAllTextAsync(Path.Combine(Sample, "Program.cs"));
        foreach (var registry in new[] { "Trainers", "Transforms" })
        {
            var registration = program.Split('\n').Single(line => line.StartsWith($"{registry}.Register(", StringComparison.Ordinal));
            Assert.Contains($"```csharp\n{registration}\n```", documentation, StringComparison.Ordinal);
        }

        var pipeline = await File.ReadAllTextAsync(Path.Combine(Sample, "pipeline.yaml"));
        foreach (var (from, to) in new[] { ("features:", "\ntrain:"), ("train:", "\npromote:") })
        {
            var section = pipeline[pipeline.IndexOf(from, StringComparison.Ordinal)..pipeline.IndexOf(to, StringComparison.Ordinal)];
            Assert.Contains($"```yaml\n{section}```", documentation, StringComparison.Ordinal);
        }
    }

    private static async Task<string> SendAsync(SampleApp app, HttpMethod method, string path, string type, byte[] content)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new(type);
        using var response = await app.Client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return body;
    }

    private static async Task EndAsync(SampleApp app, string runId)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        HttpStatusCode status;
        do
        {
            using var response = await app.Client.GetAsync(new Uri($"/api/runs/{runId}", UriKind.Relative), limit.Token);
            status = response.StatusCode;
        }
        while (status == HttpStatusCode.Accepted);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private async Task<(string Code, string Message)> FailAsync(params string[] arguments)
    {
        using var tool = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "mldurable.dll"), .. arguments, "--json", "--store", folder.FullName])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = tool.StandardOutput.ReadToEndAsync();
        var error = await tool.StandardError.ReadToEndAsync();
        await tool.WaitForExitAsync();
        Assert.True(tool.ExitCode == 1, await output + error);
        var failure = JsonDocument.Parse(error).RootElement.GetProperty("error");
        return (failure.GetProperty("code").GetString()!, failure.GetProperty("message").GetString()!);
    }
}
