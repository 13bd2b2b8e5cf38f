using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace MlDurable.Bench.Server;

/// <summary>What came of the rounds: latencies in seconds, ascending; answers that were not a 202; rounds in which the runs were not one for each key.</summary>
internal sealed record StartResult(double[] Latencies, double PerSecond, int Failures, int WrongRounds);

/// <summary>Clients that all at once ask for runs, ten of them for each run, which the key says.</summary>
internal sealed class RunStarts(Uri address) : IDisposable
{
    public const int Clients = 100;
    public const int Keys = 10;

    // Its runs end at their first step, for want of data: what is measured is the start.
    private const string Pipeline = """
        pipeline: starts
        data:
          files: starts/*.csv
          label: { column: label, positive: "yes" }
          time: time
        split: { by: time }
        train: { candidates: [trainer: logistic-regression] }
        promote: { model: starts }
        triggers: [http: {}]
        """;

    private readonly HttpClient client = new() { BaseAddress = address };

    public async Task<StartResult> RunAsync(int rounds)
    {
        using var pipeline = new StringContent(Pipeline, Encoding.UTF8, "application/yaml");
        using var deployed = await client.PutAsync(new Uri("/api/pipelines/starts", UriKind.Relative), pipeline);
        deployed.EnsureSuccessStatusCode();
        var answers = new List<(HttpStatusCode Status, string Run, double Seconds)>();
        var wrong = 0;
        var elapsed = TimeSpan.Zero;
        for (var round = 0; round < rounds; round++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"round-{round}-");
            var started = Stopwatch.GetTimestamp();
            var once = await Task.WhenAll(Enumerable.Range(0, Clients).Select(number => StartAsync(prefix + (number % Keys))));
            elapsed += Stopwatch.GetElapsedTime(started);
            answers.AddRange(once);
            wrong += Enumerable.Range(0, Keys).All(key => once.Where((_, number) => number % Keys == key).Select(answer => answer.Run).Distinct().Count() == 1)
                && once.Select(answer => answer.Run).Distinct().Count() == Keys ? 0 : 1;
        }

        return new StartResult(
            [.. answers.Select(answer => answer.Seconds).Order()],
            answers.Count / elapsed.TotalSeconds,
            answers.Count(answer => answer.Status != HttpStatusCode.Accepted),
            wrong);
    }

    public void Dispose() => client.Dispose();

    private async Task<(HttpStatusCode Status, string Run, double Seconds)> StartAsync(string key)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/pipelines/starts/runs");
        request.Headers.Add("Idempotency-Key", key);
        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        var run = response.StatusCode == HttpStatusCode.Accepted ? JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()! : body;
        return (response.StatusCode, run, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
