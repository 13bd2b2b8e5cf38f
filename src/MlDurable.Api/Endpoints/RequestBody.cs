using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MlDurable.Api.Endpoints;

/// <summary>Reads bodies of limited size.</summary>
internal static class RequestBody
{
    /// <summary>Raises the host's limit for the body of a request, where the host has one that can still be changed.</summary>
    public static void Allow(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // One more, so that a larger body is refused here with its code.
            limit.MaxRequestBodySize = bytes + 1;
        }
    }

    /// <summary>Reads a body as JSON.</summary>
    /// <returns>The value; null when the body is empty.</returns>
    /// <exception cref="ApiException"><c>request-invalid</c> or <c>body-too-large</c>.</exception>
    public static async Task<T?> ReadJsonAsync<T>(HttpRequest request, int maxBytes, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
        where T : class
    {
        var body = await ReadAsync(request, maxBytes, cancellationToken);
        if (body.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, typeInfo) ?? throw new ApiException("request-invalid", "the body is null; send a JSON object");
        }
        catch (JsonException exception)
        {
            throw new ApiException(
                "request-invalid",
                $"the body is not the expected JSON: {exception.Message} (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})",
                exception);
        }
    }

    /// <summary>Reads a body as JSON that must be there.</summary>
    public static async Task<T> RequireJsonAsync<T>(HttpRequest request, int maxBytes, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
        where T : class =>
        await ReadJsonAsync(request, maxBytes, typeInfo, cancellationToken)
        ?? throw new ApiException("request-invalid", "the body is empty; send a JSON object");

    /// <summary>Reads a body as bytes.</summary>
    /// <exception cref="ApiException"><c>body-too-large</c>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(maxBytes);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static ApiException TooLarge(int maxBytes) => new("body-too-large", $"the body is larger than {maxBytes} bytes");
}
