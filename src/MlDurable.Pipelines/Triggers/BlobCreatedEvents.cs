using System.Text.Json;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>Reads Event Grid's events of created blobs, as they come to a function or through a queue: in the Event Grid or the CloudEvents schema.</summary>
/// <remarks>What is read is not trusted: it only says where to look. Whether the blob is there, with which content, is seen in the store.</remarks>
public static class BlobCreatedEvents
{
    /// <summary>The largest message: 1 MiB, Event Grid's own limit of a batch.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The most events in a message: 5,000, Event Grid's own limit of a batch.</summary>
    public const int MaxEvents = 5_000;

    private const int MaxDepth = 16;
    private const int MaxETagLength = 128;
    private const string EventType = "Microsoft.Storage.BlobCreated";
    private const string SubjectStart = "/blobServices/default/containers/";
    private const string SubjectMiddle = "/blobs/";

    /// <summary>The calls that complete a blob. <c>CreateFile</c> and <c>SftpCreate</c> are left out: they only open an empty file.</summary>
    private static readonly HashSet<string> Completing = new(
        ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"], StringComparer.Ordinal);

    /// <summary>Reads one event, or an array of them.</summary>
    /// <param name="message">JSON as UTF-8.</param>
    /// <returns>The blobs that were created. Events of another type, of calls that do not complete a blob, and of names that no store can keep are left out.</returns>
    /// <exception cref="PipelineException"><c>event-invalid</c>: it is no event, or larger than the limits; it will not become one by trying again.</exception>
    public static IReadOnlyList<DataNotification> Parse(ReadOnlyMemory<byte> message)
    {
        if (message.Length > MaxBytes)
        {
            throw Invalid($"it has {message.Length} bytes, more than {MaxBytes}");
        }

        try
        {
            using var document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Array)
            {
                return Read(root) is { } one ? [one] : [];
            }

            return root.GetArrayLength() > MaxEvents
                ? throw Invalid($"it has {root.GetArrayLength()} events, more than {MaxEvents}")
                : [.. root.EnumerateArray().Select(Read).OfType<DataNotification>()];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what a text with an unpaired surrogate gives.
            throw Invalid("it is not JSON", exception);
        }
    }

    private static DataNotification? Read(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("an event must be an object");
        }

        // `eventType` in the Event Grid schema, `type` in the CloudEvents schema.
        if ((Text(item, "eventType") ?? Text(item, "type")) is not { } type)
        {
            throw Invalid("an event has no type");
        }

        if (type != EventType || !item.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
            || Text(data, "api") is not { } api || !Completing.Contains(api)
            || BlobOf(Text(item, "subject")) is not { } blob)
        {
            return null;
        }

        var etag = (Text(data, "eTag") ?? Text(data, "etag"))?.Trim('"');
        return etag is { Length: > 0 and <= MaxETagLength }
            && data.TryGetProperty("contentLength", out var length) && length.ValueKind == JsonValueKind.Number && length.TryGetInt64(out var bytes) && bytes >= 0
            ? new DataNotification(blob, etag, bytes)
            : new DataNotification(blob);
    }

    private static string? BlobOf(string? subject)
    {
        if (subject is null || !subject.StartsWith(SubjectStart, StringComparison.Ordinal))
        {
            return null;
        }

        // The subject holds the name as it is, not escaped as the url does. A container has no slash, so the first `/blobs/` ends it.
        var rest = subject[SubjectStart.Length..];
        var middle = rest.IndexOf(SubjectMiddle, StringComparison.Ordinal);
        if (middle < 0)
        {
            return null;
        }

        var name = $"{rest[..middle]}/{rest[(middle + SubjectMiddle.Length)..]}";
        return BlobName.Problem(name) is null ? name : null;
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static PipelineException Invalid(string why, Exception? cause = null) =>
        new("event-invalid", $"this is not a message of Event Grid about created blobs: {why}", cause);
}
