using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace MlDurable.Server.Tests;

/// <summary>Requests as tests write them.</summary>
internal static class Http
{
    public static Task<HttpResponseMessage> GetAsync(this TestServer server, string path) => server.SendAsync(HttpMethod.Get, path);

    public static Task<HttpResponseMessage> PostAsync(this TestServer server, string path, string? json = null, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Post, path, json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"), headers);

    public static Task<HttpResponseMessage> DeployAsync(this TestServer server, string name, string yaml) =>
        server.SendAsync(HttpMethod.Put, $"/api/pipelines/{name}", new StringContent(yaml, Encoding.UTF8, "application/yaml"));

    public static Task<HttpResponseMessage> UploadAsync(this TestServer server, string path, byte[] content, params (string Name, string Value)[] headers)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new("text/csv");
        return server.SendAsync(HttpMethod.Put, $"/api/data/{path}", body, headers);
    }

    public static async Task<HttpResponseMessage> SendAsync(
        this TestServer server, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await server.Client.SendAsync(request);
    }

    public static async Task<JsonElement> ShouldBeAsync(this Task<HttpResponseMessage> sending, HttpStatusCode status)
    {
        using var response = await sending;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {body}");
        return body.Length == 0 || response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) != true
            ? default
            : JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Expects a problem with a code.</summary>
    public static async Task<JsonElement> ShouldFailAsync(this Task<HttpResponseMessage> sending, HttpStatusCode status, string code)
    {
        using var response = await sending;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal(code, problem.GetProperty("code").GetString());
        return problem;
    }

    public static async Task<string> StartRunAsync(this TestServer server, string pipeline, string? json = null) =>
        (await server.PostAsync($"/api/pipelines/{pipeline}/runs", json).ShouldBeAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;

    /// <summary>Waits for the end of a run as watchers do: by its events.</summary>
    public static async Task<JsonElement> WatchToEndAsync(this TestServer server, string runId)
    {
        await foreach (var (_, name, data) in server.EventsAsync(runId))
        {
            if (name == "end")
            {
                return data;
            }
        }

        throw new InvalidOperationException("The events ended without an end.");
    }

    public static async IAsyncEnumerable<(string? Id, string Name, JsonElement Data)> EventsAsync(this TestServer server, string runId, string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/runs/{runId}/events", UriKind.Relative));
        if (lastId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }

        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync())
        {
            yield return (item.EventId, item.EventType, JsonDocument.Parse(item.Data).RootElement);
        }
    }
}
