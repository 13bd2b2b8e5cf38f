using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration.Embedded;

/// <summary>One JSON value on one line, in UTF-8 and of limited length.</summary>
internal static class ControlMessage
{
    private const int MaxBytes = 1024 * 1024;

    public static async Task WriteAsync<T>(Stream stream, T message, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, typeInfo), (byte)'\n'];
        if (line.Length > MaxBytes)
        {
            throw Invalid($"is {line.Length} bytes, at most {MaxBytes} are allowed");
        }

        await stream.WriteAsync(line, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    public static async Task<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                throw Invalid("ends in the middle of a line");
            }

            var end = Array.IndexOf(buffer, (byte)'\n', length, read);
            length += read;
            if (end >= 0)
            {
                return Parse(buffer.AsSpan(0, end), typeInfo);
            }

            if (length >= MaxBytes)
            {
                throw Invalid($"is longer than {MaxBytes} bytes");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(2 * length, MaxBytes));
            }
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return JsonSerializer.Deserialize(line, typeInfo) ?? throw Invalid("is null");
        }
        catch (JsonException exception)
        {
            throw Invalid($"is not the expected JSON ({exception.Message})", exception);
        }
    }

    private static OrchestrationException Invalid(string what, Exception? innerException = null) => new(
        EmbeddedErrorCodes.ControlMessageInvalid, $"A message of the control channel {what}.", innerException);
}
