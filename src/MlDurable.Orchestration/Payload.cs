using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration;

/// <summary>Reading of payloads with an error that names the step.</summary>
public static class Payload
{
    /// <summary>Checks that a text is JSON, whatever it means.</summary>
    /// <param name="json">The text.</param>
    /// <param name="what">What the payload is, for the error.</param>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.PayloadInvalid"/>: it is not.</exception>
    internal static void EnsureJson(string json, string what)
    {
        try
        {
            JsonDocument.Parse(json).Dispose();
        }
        catch (JsonException exception)
        {
            throw new OrchestrationException(OrchestrationErrorCodes.PayloadInvalid, $"JSON is needed for {what}: {exception.Message}", exception);
        }
    }

    /// <summary>Reads JSON as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="json">The JSON text.</param>
    /// <param name="typeInfo">How the type is read.</param>
    /// <param name="what">What the payload is, for the error: "the input of activity 'train'".</param>
    /// <returns>The value; JSON <c>null</c> is the default of the type.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.PayloadInvalid"/>: the text is not of the type.</exception>
    public static T Read<T>(string json, JsonTypeInfo<T> typeInfo, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(json, typeInfo)!;
        }
        catch (JsonException exception)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.PayloadInvalid,
                $"JSON for {what} cannot be read as {typeof(T).Name}: {exception.Message} " +
                "The type has probably changed since the payload was written; make the change compatible, or give it a new name.",
                exception);
        }
    }
}
