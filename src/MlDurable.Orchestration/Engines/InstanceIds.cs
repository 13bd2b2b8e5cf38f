using System.Security.Cryptography;

namespace MlDurable.Orchestration.Engines;

internal static class InstanceIds
{
    private const int MaxLength = 256;

    /// <summary>The id that was asked for, or a random one.</summary>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.InstanceIdInvalid"/>.</exception>
    public static string Choose(string? wanted)
    {
        var id = wanted ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        Check(id, "an instance id");
        return id;
    }

    /// <summary>Checks an id, or a key that is made as ids are.</summary>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.InstanceIdInvalid"/>.</exception>
    public static void Check(string id, string what)
    {
        if (id.Length is 0 or > MaxLength || id.Any(char.IsControl) || !id.IsNormalized())
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceIdInvalid,
                $"'{id}' cannot be {what}: it needs 1 to {MaxLength} characters of normalized Unicode (form C) without control characters.");
        }
    }
}
