using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Storage;

namespace MlDurable.Server.Tests;

public sealed class LimitTests(RanServer ran) : IClassFixture<RanServer>, IDisposable
{
    private TestServer Server => ran.Server;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-limits-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Body_LargerThanAllowed_Is413WithAndWithoutALength()
    {
        // Small enough to be sent before the server answers and closes: only then does every client get to read the answer.
        await using var small = await TestServer.StartAsync(folder.FullName, options => options with { MaxBodyBytes = 1000 });
        var big = "{\"x\":\"" + new string('x', 2000) + "\"}";

        await small.PostAsync("/api/pipelines/empty/runs", big).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        await small.SendAsync(HttpMethod.Post, "/api/models/strikes/promote", new Chunked(Encoding.UTF8.GetBytes(big), "application/json"))
            .ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Fact]
    public async Task Upload_LargerThanAllowed_Is413AndLeavesNothing()
    {
        await using var small = await TestServer.StartAsync(folder.FullName, options => options with { MaxUploadBytes = 1000 });

        await small.UploadAsync("a/b.csv", new byte[1001]).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        await small.SendAsync(HttpMethod.Put, "/api/data/a/b.csv", new Chunked(new byte[2000], "text/csv")).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");

        Assert.False(await small.Store.ExistsAsync("data/a/b.csv"));
        await small.UploadAsync("a/b.csv", new byte[1000]).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Body_DeeperThanAllowed_IsABadRequest()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 1000)) + string.Concat(Enumerable.Repeat("]", 1000));

        await Server.PostAsync("/api/pipelines/empty/runs", "{\"parameters\":{\"margin\":" + deep + "}}").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        await Server.PostAsync($"/api/runs/{ran.RunId}/events/answer", deep).ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task Body_OfAnotherKind_Is415()
    {
        await Server.SendAsync(HttpMethod.Post, "/api/pipelines/empty/runs", new StringContent("{}", Encoding.UTF8, "text/xml"))
            .ShouldFailAsync(HttpStatusCode.UnsupportedMediaType, "media-type-unsupported");
        await Server.SendAsync(HttpMethod.Put, "/api/pipelines/empty", new StringContent("{}", Encoding.UTF8, "image/png"))
            .ShouldFailAsync(HttpStatusCode.UnsupportedMediaType, "media-type-unsupported");
        await Server.SendAsync(HttpMethod.Delete, "/api/models/strikes").ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task Requests_MoreThanAllowed_Are429WithRetryAfter()
    {
        await using var slow = await TestServer.StartAsync(folder.FullName, options => options with { RequestsPerSecond = 1 });
        using var first = await slow.GetAsync("/api/models");
        using var second = await slow.GetAsync("/api/models");

        using var third = await slow.GetAsync("/api/models");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode, third.StatusCode));
        Assert.NotNull(third.Headers.RetryAfter);
    }

    [Fact]
    public void Names_WhateverTheyDecodeTo_NeverLeaveTheStore()
    {
        var pieces = Gen.Elements(
            "..", ".", "%2e%2e", "%2E%2E", "..%2f", "%2f", "%5c", "\\", "%252e%252e%252f", "%00", "%0a", "%c0%af", "etc", "passwd", "journal", "config", "api-keys.json",
            "C:", "con", "runs", "%ef%bc%8e%ef%bc%8e", "~", "a b", "é", "%e2%80%ae", "data");
        var paths = pieces.ArrayOf().Where(parts => parts.Length is > 0 and < 8).Select(parts => string.Join('/', parts));
        var before = Everything();
        Prop.ForAll(paths.ToArbitrary(), path => Check(path).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

        // Whatever was accepted lies below data/.
        Assert.All(Everything().Except(before, StringComparer.Ordinal), file => Assert.StartsWith("data/", file, StringComparison.Ordinal));

        async Task<bool> Check(string path)
        {
            foreach (var target in (string[])["/api/data/", "/api/runs/", "/api/models/", "/api/pipelines/"])
            {
                using var put = await RawAsync(target == "/api/data/" ? HttpMethod.Put : HttpMethod.Get, target + path);

                // A raw blank ends the path of a request line, and what follows is no version of HTTP (505).
                Assert.True((int)put.StatusCode is 200 or 201 or (>= 400 and < 500) or 505, $"{target}{path}: {put.StatusCode}");
                Assert.DoesNotContain("root:", await put.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            return true;
        }

        async Task<HttpResponseMessage> RawAsync(HttpMethod method, string path)
        {
            var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
            using var request = new HttpRequestMessage(method, new Uri($"{Server.Address.GetLeftPart(UriPartial.Authority)}{path}", options));
            if (method == HttpMethod.Put)
            {
                request.Content = new ByteArrayContent("a\n1\n"u8.ToArray());
                request.Content.Headers.ContentType = new("text/csv");
            }

            return await Server.Client.SendAsync(request);
        }

        HashSet<string> Everything()
        {
            // Also what is beside the store.
            return
            [
                .. Directory.EnumerateFiles(Path.GetDirectoryName(ran.Directory)!, "*", SearchOption.AllDirectories)
                    .Select(file => Path.GetRelativePath(ran.Directory, file).Replace('\\', '/'))
                    .Where(file => !file.Contains(".mldurable-tmp", StringComparison.Ordinal)),
            ];
        }
    }

    /// <summary>The rest of a file that is too large is not read: the answer may not arrive before the connection is closed.</summary>
    private static async Task RefusedOrResetAsync(Task<HttpResponseMessage> sending)
    {
        try
        {
            await sending.ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        }
        catch (HttpRequestException exception)
        {
            Assert.IsType<IOException>(exception.InnerException, exactMatch: false);
        }
    }

    /// <summary>A body whose length is not told.</summary>
    private sealed class Chunked : HttpContent
    {
        private readonly byte[] content;

        public Chunked(byte[] content, string mediaType)
        {
            this.content = content;
            Headers.ContentType = new(mediaType);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            return stream.WriteAsync(content).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
