using System.Net;
using MlDurable.Api.Security;
using MlDurable.Storage;

namespace MlDurable.Server.Tests;

public sealed class SecurityTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-security-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Keys_EachRole_MayDoWhatTheTableSaysAndNothingElse()
    {
        var keys = await KeysAsync();
        await using var server = await TestServer.StartAsync(folder.FullName);
        var run = "/api/runs/20260101T000000-aaaaaa";
        (HttpMethod Method, string Path, ApiRole[] Allowed)[] table =
        [
            (HttpMethod.Get, "/api/runs", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/api/models/none", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/api/pipelines", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, $"{run}/events", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/openapi/v1.json", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/api/schedules", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/api/approvals", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Get, "/api/backfills", [ApiRole.Viewer, ApiRole.Operator, ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Post, "/api/pipelines/none/schedules/pause", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, "/api/pipelines/none/schedules/unpause", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, "/api/backfills/none/cancel", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, "/api/pipelines/none/backfills", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, $"{run}/approval", [ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Post, "/api/pipelines/none/runs", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, $"{run}/suspend", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, $"{run}/resume", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, $"{run}/terminate", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, $"{run}/events/x", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Put, "/api/data/a/b.csv", [ApiRole.Operator, ApiRole.Admin]),
            (HttpMethod.Post, "/api/models/none/promote", [ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Post, "/api/models/none/rollback", [ApiRole.Approver, ApiRole.Admin]),
            (HttpMethod.Put, "/api/pipelines/none", [ApiRole.Admin]),
            (HttpMethod.Delete, "/api/pipelines/none", [ApiRole.Admin]),
            (HttpMethod.Delete, run, [ApiRole.Admin]),
        ];
        foreach (var (method, path, allowed) in table)
        {
            await server.SendAsync(method, path, BodyOf(method, path)).ShouldFailAsync(HttpStatusCode.Unauthorized, "key-required");
            await server.SendAsync(method, path, BodyOf(method, path), ("Authorization", "Bearer mld_wrong")).ShouldFailAsync(HttpStatusCode.Unauthorized, "key-required");
            foreach (var (role, key) in keys)
            {
                var sending = server.SendAsync(method, path, BodyOf(method, path), ("Authorization", $"Bearer {key}"));
                if (allowed.Contains(role))
                {
                    using var response = await sending;
                    Assert.True(
                        response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.InternalServerError),
                        $"{role} {method} {path}: {response.StatusCode}");
                }
                else
                {
                    await sending.ShouldFailAsync(HttpStatusCode.Forbidden, "role-missing");
                }
            }
        }

        await server.GetAsync("/health/live").ShouldBeAsync(HttpStatusCode.OK);
        await server.SendAsync(HttpMethod.Get, "/api/runs", null, (ApiKeyAuthentication.Header, keys[ApiRole.Viewer])).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Key_OfARequest_IsWhoTheRecordsName()
    {
        var keys = await KeysAsync();
        await using var server = await TestServer.StartAsync(folder.FullName);
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", keys[ApiRole.Admin]);

        var deployed = await server.DeployAsync("empty", BirdStrikes.Pipeline("empty")).ShouldBeAsync(HttpStatusCode.OK);
        var ended = await server.WatchToEndAsync(await server.StartRunAsync("empty"));

        Assert.Equal("http:admin-key", deployed.GetProperty("deployment").GetProperty("deployedBy").GetString());
        Assert.Equal("http:admin-key", ended.GetProperty("requestedBy").GetString());
        Assert.DoesNotContain(
            Directory.EnumerateFiles(folder.FullName, "*", SearchOption.AllDirectories),
            file => !file.EndsWith(".lock", StringComparison.Ordinal) && Path.GetFileName(file) != "lock" && File.ReadAllText(file).Contains(keys[ApiRole.Admin], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Build_ReachableFromOtherMachinesWithoutAKey_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<ServerException>(
            () => TestServer.StartAsync(folder.FullName, options => options with { Listen = new Uri("http://0.0.0.0:0") }));

        Assert.Equal("keys-required", refused.Code);
        Assert.Contains("mldurable keys create", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://example.com:80")]
    [InlineData("http://127.0.0.1:0/path")]
    public async Task Build_AddressThatIsNone_IsRefused(string listen)
    {
        var refused = await Assert.ThrowsAsync<ServerException>(
            () => TestServer.StartAsync(folder.FullName, options => options with { Listen = new Uri(listen) }));

        Assert.Equal("listen-invalid", refused.Code);
    }

    [Fact]
    public async Task Loopback_RequestsThatAWebPageCouldSend_AreRefused()
    {
        await using var server = await TestServer.StartAsync(folder.FullName);
        var own = server.Address.GetLeftPart(UriPartial.Authority);

        await server.SendAsync(HttpMethod.Get, "/api/runs", null, ("Host", "evil.example")).ShouldFailAsync(HttpStatusCode.BadRequest, "host-refused");
        await server.SendAsync(HttpMethod.Get, "/health/live", null, ("Host", "evil.example")).ShouldFailAsync(HttpStatusCode.BadRequest, "host-refused");
        await server.PostAsync("/api/pipelines/none/runs", null, ("Origin", "https://evil.example")).ShouldFailAsync(HttpStatusCode.BadRequest, "origin-refused");
        await server.PostAsync("/api/pipelines/none/runs", null, ("Origin", "null")).ShouldFailAsync(HttpStatusCode.BadRequest, "origin-refused");
        await server.PostAsync("/api/pipelines/none/runs", null, ("Sec-Fetch-Site", "cross-site")).ShouldFailAsync(HttpStatusCode.BadRequest, "origin-refused");
        await server.SendAsync(HttpMethod.Get, "/api/runs", null, ("Origin", own)).ShouldBeAsync(HttpStatusCode.OK);
        await server.SendAsync(HttpMethod.Get, "/api/runs", null, ("Host", $"localhost:{server.Address.Port}")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task KeyFile_MadeAndRevoked_HoldsNoSecretAndIsTheOwnersAlone()
    {
        var path = Path.Combine(folder.FullName, "keys.json");
        var file = new ApiKeyFile(path);
        var secret = "";
        await file.ChangeAsync(keys =>
        {
            (var changed, secret) = keys.With("ada", ApiRole.Operator, DateTimeOffset.UnixEpoch);
            return changed;
        });

        Assert.Equal("ada", (await file.ReadAsync()).Find(secret)?.Name);
        Assert.Null((await file.ReadAsync()).Find(secret + "0"));
        Assert.DoesNotContain(secret, await File.ReadAllTextAsync(path), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        await file.ChangeAsync(keys => keys.Without("ada"));
        Assert.Null((await file.ReadAsync()).Find(secret));
    }

    private async Task<Dictionary<ApiRole, string>> KeysAsync()
    {
        var made = new Dictionary<ApiRole, string>();
        await new StoredApiKeys(new DirectoryBlobStore(folder.FullName)).ChangeAsync(keys =>
        {
            foreach (var role in Enum.GetValues<ApiRole>())
            {
                (keys, made[role]) = keys.With($"{role.ToString().ToLowerInvariant()}-key", role, DateTimeOffset.UnixEpoch);
            }

            return keys;
        });
        return made;
    }

    private static StringContent? BodyOf(HttpMethod method, string path)
    {
        if (method == HttpMethod.Put)
        {
            return new StringContent("a\n1\n", System.Text.Encoding.UTF8, path.StartsWith("/api/data", StringComparison.Ordinal) ? "text/csv" : "application/yaml");
        }

        var json = (method == HttpMethod.Post, path) switch
        {
            (true, _) when path.StartsWith("/api/models", StringComparison.Ordinal) => """{"version":1,"reason":"x"}""",
            (true, _) when path.Contains("/schedules/", StringComparison.Ordinal) => """{"reason":"x"}""",
            (true, _) when path.EndsWith("/approval", StringComparison.Ordinal) => """{"choice":"Approve"}""",
            _ => null,
        };
        return json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json");
    }
}
