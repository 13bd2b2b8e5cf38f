using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MlDurable.Orchestration.Engines;

/// <summary>The place behind an instance, as a token that a client gives back.</summary>
internal static class ContinuationTokens
{
    public static string Of(DateTimeOffset createdAt, string instanceId) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{createdAt.UtcTicks}:{instanceId}")));

    public static (DateTimeOffset CreatedAt, string InstanceId) Read(string token)
    {
        try
        {
            if (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(':', 2) is [var text, var id]
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks)
            {
                return (new(ticks, TimeSpan.Zero), id);
            }
        }
        catch (FormatException)
        {
            // Told below.
        }

        throw new OrchestrationException(
            OrchestrationErrorCodes.ContinuationTokenInvalid, "The continuation token is not one that a page gave; begin with the first page.");
    }
}
