using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace MlDurable.Server.Tests;

/// <summary>The examples of docs/api.md, sent as they stand there.</summary>
public sealed partial class ApiDocumentsTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-documents-");
    private TestServer server = null!;

    public async Task InitializeAsync()
    {
        server = await TestServer.StartAsync(folder.FullName);
        await server.UploadAsync("bird-strikes/1991.csv", BirdStrikes.Year(1991)).ShouldBeAsync(HttpStatusCode.Created);
        await server.DeployAsync("bird-strikes", BirdStrikes.Pipeline("bird-strikes")).ShouldBeAsync(HttpStatusCode.OK);
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Examples_SentInTheirOrder_AreAllTaken()
    {
        var answers = new List<string>();
        var run = "";
        foreach (var command in Commands())
        {
            using var request = Request(command, run);
            using var response = await server.Client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{command}\n{(int)response.StatusCode}: {body}");
            if (request.RequestUri!.OriginalString.EndsWith("/runs", StringComparison.Ordinal))
            {
                run = Path.GetFileName(response.Headers.Location!.AbsolutePath);
            }

            answers.Add(body);
        }

        Assert.Equal(5, answers.Count);
        Assert.Contains("event: end", answers[3], StringComparison.Ordinal);
        Assert.Contains("1998-", answers[4], StringComparison.Ordinal);
    }

    private static IEnumerable<string> Commands() =>
        ShellBlock().Matches(Repository.Read("docs", "api.md"))
            .SelectMany(block => block.Groups["commands"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries));

    // Understands what the examples use of curl, and refuses the rest.
    private static HttpRequestMessage Request(string command, string run)
    {
        var words = Word().Matches(command).Select(word => word.Value.Trim('\'')).ToList();
        Assert.Equal("curl", words[0]);
        var request = new HttpRequestMessage();
        var headers = new List<string>();
        byte[]? body = null;
        for (var index = 1; index < words.Count; index++)
        {
            switch (words[index])
            {
                case "-X": request.Method = HttpMethod.Parse(words[++index]); break;
                case "-H": headers.Add(words[++index]); break;
                case "-N": break;
                case "-d": body = Encoding.UTF8.GetBytes(words[++index]); break;
                case "--data-binary": body = FileContent(words[++index]); break;
                case var address when address.StartsWith("localhost:8080/", StringComparison.Ordinal):
                    request.RequestUri = new Uri(address["localhost:8080".Length..].Replace("RUN", run, StringComparison.Ordinal), UriKind.Relative);
                    break;
                default: Assert.Fail($"'{words[index]}' of {command}"); break;
            }
        }

        request.Content = body is null ? null : new ByteArrayContent(body);
        foreach (var header in headers.Select(header => header.Split(": ")))
        {
            Assert.True(request.Headers.TryAddWithoutValidation(header[0], header[1]) || request.Content!.Headers.TryAddWithoutValidation(header[0], header[1]), header[0]);
        }

        return request;
    }

    private static byte[] FileContent(string name) => name switch
    {
        "@pipeline.yaml" => Encoding.UTF8.GetBytes(BirdStrikes.Pipeline("strikes")),
        "@birdstrikes-1990.csv" => BirdStrikes.Year(1990),
        _ => throw new ArgumentException($"The example sends the file {name}, which this test does not have."),
    };

    [GeneratedRegex("```sh\n(?<commands>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"'[^']*'|[^\s']+", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
