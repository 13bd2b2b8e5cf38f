using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace MlDurable.Pipelines.Runs;

/// <summary>The identities of runs: <c>yyyyMMddTHHmmss-…</c>, so that their ordinal order is that of time.</summary>
public static class RunIds
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private const string TimeFormat = "yyyyMMdd'T'HHmmss";

    /// <summary>The longest identity, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>An identity that no other run has.</summary>
    /// <param name="now">The run's time.</param>
    public static string New(DateTimeOffset now) => $"{Prefix(now)}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    /// <summary>The identity that one occasion has on every host and at every attempt.</summary>
    /// <param name="instant">The occasion's time: a nominal instant, or when it was first seen.</param>
    /// <param name="occasion">What tells the occasion from all others.</param>
    public static string Of(DateTimeOffset instant, params IEnumerable<string> occasion) => $"{Prefix(instant)}-{ContentHash.OfParts(occasion)[..16]}";

    /// <summary>Whether a text has the form of an identity, and so names no path outside the runs.</summary>
    public static bool IsValid(string text) =>
        text.Length is > 16 and <= MaxLength
        && text[15] == '-'
        && DateTimeOffset.TryParseExact(text.AsSpan(0, 15), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
        && text.AsSpan(16).IndexOfAnyExcept(HexDigits) < 0;

    private static string Prefix(DateTimeOffset instant) => instant.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
