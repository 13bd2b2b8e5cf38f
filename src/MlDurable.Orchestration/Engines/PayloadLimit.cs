using System.Text;

namespace MlDurable.Orchestration.Engines;

internal static class PayloadLimit
{
    /// <summary>The error for a payload that is too large, or <see langword="null"/>.</summary>
    public static OrchestrationException? Check(string json, int limit, string what)
    {
        // A UTF-16 character is at most three bytes of UTF-8, so most payloads need no counting.
        if (json.Length <= limit / 3 || Encoding.UTF8.GetByteCount(json) is var bytes && bytes <= limit)
        {
            return null;
        }

        return new(
            OrchestrationErrorCodes.PayloadTooLarge,
            $"Payload too large: {what} is {Encoding.UTF8.GetByteCount(json)} bytes of JSON, at most {limit} are allowed. " +
            "Store the data as a blob and pass its name.");
    }
}
