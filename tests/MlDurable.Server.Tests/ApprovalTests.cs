using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Server.Tests;

/// <summary>A person's answer over HTTP: by the API, and by a one-time link.</summary>
public sealed class ApprovalTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-approval-");
    private readonly byte[] linkKey = RandomNumberGenerator.GetBytes(ApprovalOptions.MinKeyBytes);
    private readonly LogLines log = new();
    private TestServer server = null!;

    public async Task InitializeAsync()
    {
        server = await TestServer.StartAsync(folder.FullName, options => options with
        {
            Approvals = new ApprovalOptions { LinkKey = linkKey, LinkBase = new Uri("http://127.0.0.1/") },
            Logging = logging => logging.AddProvider(log),
        });
        foreach (var year in (int[])[1990, 1991])
        {
            await server.UploadAsync($"bird-strikes/{year}.csv", BirdStrikes.Year(year)).ShouldBeAsync(HttpStatusCode.Created);
        }
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Answer_ThatCounts_PromotesAndALaterOneIsRefused()
    {
        var runId = await AskAsync("careful", "{ not-author: false }");

        var waiting = await server.GetJsonAsync("/api/approvals");
        var request = Assert.Single(waiting.GetProperty("approvals").EnumerateArray()).GetProperty("request");
        Assert.Equal(runId, request.GetProperty("runId").GetString());
        await server.PostAsync($"/api/runs/{runId}/approval", """{"choice":"Approve","evidenceHash":"other"}""").ShouldFailAsync(HttpStatusCode.Conflict, "approval-stale");
        await server.PostAsync($"/api/runs/{runId}/approval", """{"choice":"Reject"}""").ShouldFailAsync(HttpStatusCode.BadRequest, "approval-invalid");
        await server.PostAsync($"/api/runs/{runId}/approval", """{"choice":"Perhaps"}""").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        var receipt = await server.PostAsync(
            $"/api/runs/{runId}/approval", $$"""{"choice":"Approve","reason":"looked","evidenceHash":"{{request.GetProperty("evidenceHash").GetString()}}"}""").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("Counts", receipt.GetProperty("status").GetString());
        Assert.Equal("Promoted", (await server.WatchToEndAsync(runId)).GetProperty("outcome").GetString());
        await server.PostAsync($"/api/runs/{runId}/approval", """{"choice":"Reject","reason":"no"}""").ShouldFailAsync(HttpStatusCode.Conflict, "approval-late");
        var view = await server.GetJsonAsync($"/api/runs/{runId}/approval");
        Assert.Equal(3, view.GetProperty("answers").GetArrayLength());
        Assert.Equal("Approved", view.GetProperty("decision").GetProperty("verdict").GetString());
        Assert.Empty((await server.GetJsonAsync("/api/approvals")).GetProperty("approvals").EnumerateArray());
    }

    [Fact]
    public async Task Answer_OfTheOneWhoAsked_IsRefused()
    {
        var runId = await AskAsync("careful", "{}");

        await server.PostAsync($"/api/runs/{runId}/approval", """{"choice":"Approve"}""").ShouldFailAsync(HttpStatusCode.Forbidden, "approval-not-allowed");
        await server.PostAsync("/api/runs/20260101T000000-0123456789abcdef/approval", """{"choice":"Approve"}""").ShouldFailAsync(HttpStatusCode.NotFound, "run-not-found");
        await server.GetAsync("/api/runs/20260101T000000-0123456789abcdef/approval").ShouldFailAsync(HttpStatusCode.NotFound, "approval-not-found");
    }

    [Fact]
    public async Task Link_Opened_ShowsAndChangesNothingAndPostedAnswersOnce()
    {
        var runId = await AskAsync("careful", "{ not-author: false }");
        var request = (await new ApprovalBook(server.Store).FindAsync(runId))!.Request;
        var token = new ApprovalLink(runId, 1, ApprovalChoice.Reject, request.EvidenceHash, request.ExpiresAt, "", "n").ToToken(linkKey);

        using (var page = await server.SendAsync(HttpMethod.Get, $"/api/approvals/{token}", null, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")))
        {
            Assert.True(page.StatusCode == HttpStatusCode.OK, await page.Content.ReadAsStringAsync());
            Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
            Assert.Equal(ApprovalPage.ContentSecurityPolicy, page.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Contains("<form", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Null((await new ApprovalBook(server.Store).FindAsync(runId))!.Decision);
        await PostAsync(token, "Origin", "https://evil.example").ShouldFailAsync(HttpStatusCode.BadRequest, "origin-refused");
        await server.PostAsync($"/api/approvals/{token}", "{}").ShouldFailAsync(HttpStatusCode.UnsupportedMediaType, "media-type-unsupported");
        await server.GetAsync($"/api/approvals/{token[..^2]}xx").ShouldFailAsync(HttpStatusCode.BadRequest, "link-invalid");
        await PostAsync(token, "Origin", server.Address.GetLeftPart(UriPartial.Authority)).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("Rejected", (await server.WatchToEndAsync(runId)).GetProperty("outcome").GetString());
        await PostAsync(token, "Accept", "*/*").ShouldFailAsync(HttpStatusCode.Conflict, "link-used");
        Assert.DoesNotContain(log.Lines, line => line.Contains(token, StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("/api/approvals/…", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Link_OnAServerWithKeys_NeedsNoneAndTheApiDoes()
    {
        var runId = await AskAsync("careful", "{ not-author: false }");
        var request = (await new ApprovalBook(server.Store).FindAsync(runId))!.Request;
        var token = new ApprovalLink(runId, 1, ApprovalChoice.Approve, request.EvidenceHash, request.ExpiresAt, "", "n").ToToken(linkKey);
        await new StoredApiKeys(server.Store).ChangeAsync(keys => keys.With("ada", ApiRole.Viewer, DateTimeOffset.UnixEpoch).Item1);
        await using var second = await TestServer.StartAsync(folder.FullName, options => options with { Approvals = server.Options.Approvals }, "second");

        using var page = await second.GetAsync($"/api/approvals/{token}");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        await second.GetAsync("/api/approvals").ShouldFailAsync(HttpStatusCode.Unauthorized, "key-required");
    }

    private Task<HttpResponseMessage> PostAsync(string token, string header, string value) =>
        server.SendAsync(
            HttpMethod.Post,
            $"/api/approvals/{token}",
            new FormUrlEncodedContent([new(ApprovalPage.ReasonField, "too good to be true")]),
            (header, value));

    /// <summary>Starts a run and waits until it asks.</summary>
    private async Task<string> AskAsync(string name, string approve)
    {
        await server.DeployAsync(name, BirdStrikes.Pipeline(name, model: name) + $"\napprove: {approve}\n").ShouldBeAsync(HttpStatusCode.OK);
        var runId = await server.StartRunAsync(name);
        await foreach (var (_, _, data) in server.EventsAsync(runId))
        {
            if (data.TryGetProperty("stage", out var stage) && stage.GetString() == "request-approval" && data.GetProperty("state").GetString() == "Finished")
            {
                return runId;
            }
        }

        throw new InvalidOperationException("The run ended without asking.");
    }
}
