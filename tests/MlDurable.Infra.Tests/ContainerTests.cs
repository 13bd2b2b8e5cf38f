using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace MlDurable.Infra.Tests;

/// <summary>The container image and its composition. No image is built here: docs/deployment.md.</summary>
public sealed partial class ContainerTests
{
    [Theory]
    [InlineData("200 OK", 0)]
    [InlineData("503 Service Unavailable", 1)]
    [InlineData("404 Not Found", 1)]
    public async Task Healthcheck_IsTheAnswerOfTheServer(string status, int exitCode)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var request = AnswerAsync(server, status);

        var result = await CheckAsync(((IPEndPoint)server.LocalEndpoint).Port);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith("GET /health/live HTTP/1.1\r\nHost: localhost\r\n", await request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Healthcheck_WithoutAServer_Fails()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        server.Stop();

        Assert.NotEqual(0, (await CheckAsync(port)).ExitCode);
    }

    [Fact]
    public void Image_RunsWithoutRightsAndChecksItsHealth()
    {
        var stage = Repository.Read("Dockerfile").Split("\nFROM ")[^1];

        Assert.Matches(@"\nUSER \$APP_UID\n", stage);
        Assert.Contains("HEALTHCHECK", stage, StringComparison.Ordinal);
        Assert.DoesNotContain("\nUSER root", stage, StringComparison.Ordinal);
    }

    [Fact]
    public void Image_IsBuiltFromFilesThatAreThereAndAreSent()
    {
        var dockerfile = Repository.Read("Dockerfile");
        var sent = Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        var named = SourceFile().Matches(dockerfile).Select(match => match.Value).ToList();

        Assert.Contains("src/MlDurable.Cli/MlDurable.Cli.csproj", named);
        Assert.Contains("eng/healthcheck", named);
        Assert.All(named, file =>
        {
            Assert.True(File.Exists(Repository.PathOf(file)), file);
            Assert.Contains(file.Split('/')[0], sent);
        });
        Assert.All(sent, file => Assert.True(Path.Exists(Repository.PathOf(file)), file));
    }

    private static async Task<CommandResult> CheckAsync(int port) => await CommandResult.RunAsync(
        "bash",
        [Repository.PathOf("eng/healthcheck")],
        ImmutableDictionary<string, string>.Empty.Add("MLDURABLE_PORT", port.ToString()));

    private static async Task<string> AnswerAsync(TcpListener server, string status)
    {
        using var client = await server.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var request = new StringBuilder();
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            request.Append(line).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"));
        return request.ToString();
    }

    [GeneratedRegex(@"\b(src|eng)/[\w./-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceFile();
}
