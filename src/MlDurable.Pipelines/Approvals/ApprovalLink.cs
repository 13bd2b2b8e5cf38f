using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MlDurable.Pipelines.Approvals;

/// <summary>One answer of one person to one request, as a link that can be used once.</summary>
/// <remarks>
/// <para>The token is <c>BASE64URL(fields as JSON) "." BASE64URL(HMAC-SHA256(key, fields))</c>. Whoever holds it can answer, so it is a secret: it belongs
/// into no log, history or report. Only a POST may answer, since scanners of mail follow links.</para>
/// <para>That a link is used is recorded by the answer that it makes, whose identity is the token's; see <see cref="ApprovalDesk.AnswerLinkAsync"/>.</para>
/// </remarks>
/// <param name="RunId">The run.</param>
/// <param name="Request">The number of the request.</param>
/// <param name="Choice">The answer.</param>
/// <param name="EvidenceHash">What is asked about.</param>
/// <param name="ExpiresAt">The instant from which it is of no use, in whole seconds.</param>
/// <param name="Who">The name of the person whom it was made for; empty when it was made for whoever holds it.</param>
/// <param name="Nonce">Tells it from the links of other notices of the same request.</param>
public sealed record ApprovalLink(
    string RunId, int Request, ApprovalChoice Choice, string EvidenceHash, DateTimeOffset ExpiresAt, string Who, string Nonce)
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxTokenLength = 2048;

    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("mldurable-approval-link-1\n");

    /// <summary>Makes the token.</summary>
    /// <param name="key">The host's key, at least <see cref="ApprovalOptions.MinKeyBytes"/> bytes.</param>
    /// <returns>The token, of characters that need no escaping in a URL.</returns>
    public string ToToken(ReadOnlySpan<byte> key)
    {
        var fields = JsonSerializer.SerializeToUtf8Bytes(this, ApprovalJson.Default.ApprovalLink);
        return $"{Base64Url.EncodeToString(fields)}.{Base64Url.EncodeToString(Sign(key, fields))}";
    }

    /// <summary>Reads and verifies a token.</summary>
    /// <param name="token">The token, from outside.</param>
    /// <param name="key">The host's key.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="PipelineException"><c>link-invalid</c>: it is not a token of this key; <c>link-expired</c>.</exception>
    public static ApprovalLink Verify(string token, ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        var cut = token.Length > MaxTokenLength ? -1 : token.IndexOf('.', StringComparison.Ordinal);
        if (cut < 0
            || !TryDecode(token.AsSpan(0, cut), out var fields)
            || !TryDecode(token.AsSpan(cut + 1), out var signature)
            || !CryptographicOperations.FixedTimeEquals(Sign(key, fields), signature))
        {
            throw new PipelineException("link-invalid", "the link is not one that this host made; use it as it was sent, or answer with `mldurable approve`");
        }

        var link = JsonSerializer.Deserialize(fields, ApprovalJson.Default.ApprovalLink)!;
        return now < link.ExpiresAt
            ? link
            : throw new PipelineException("link-expired", $"the link was of use until {link.ExpiresAt.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}; the request has ended since");
    }

    /// <summary>A value that only the holder of the key can make, the same whenever a notice is sent again.</summary>
    internal static string NonceOf(ReadOnlySpan<byte> key, ApprovalRequest request, int notice, ApprovalChoice choice, string who) =>
        Convert.ToHexStringLower(Sign(key, Encoding.UTF8.GetBytes(ContentHash.OfParts(
            "nonce", request.RunId, $"{request.Number}", $"{notice}", $"{choice}", who)))[..16]);

    /// <summary>The identity of the answer that a token makes.</summary>
    internal static string AnswerIdOf(string token) => $"link-{ContentHash.Of(Encoding.UTF8.GetBytes(token))[..32]}";

    private static byte[] Sign(ReadOnlySpan<byte> key, ReadOnlySpan<byte> fields) => HMACSHA256.HashData(key, [.. Purpose, .. fields]);

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);

        // A signature has one spelling: spare bits that a decoder overlooks would make a second token of a used one.
        return text.SequenceEqual(Base64Url.EncodeToString(bytes));
    }
}
