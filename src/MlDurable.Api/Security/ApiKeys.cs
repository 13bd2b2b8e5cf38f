using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Api.Endpoints;

namespace MlDurable.Api.Security;

/// <summary>A key of the API, without its secret.</summary>
/// <param name="Name">Whose it is; unique, and what records and histories show.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">SHA-256 of the key, in hexadecimal digits. A key is 256 random bits, so that a slow hash would add nothing.</param>
/// <param name="CreatedAt">When, in UTC.</param>
public sealed record ApiKey(string Name, ApiRole Role, string Hash, DateTimeOffset CreatedAt);

/// <summary>The keys of a server: the blob <c>config/api-keys.json</c>, or a file.</summary>
public sealed record ApiKeyDocument
{
    private const string Prefix = "mld_";
    private const int SecretBytes = 32;

    /// <summary>The keys, in the order of their creation.</summary>
    public ImmutableArray<ApiKey> Keys { get; init; } = [];

    /// <summary>Makes a key.</summary>
    /// <param name="name">Whose it is: lower-case letters, digits and single hyphens.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="now">The time.</param>
    /// <returns>The document with the key's hash, and the key itself, which is kept nowhere.</returns>
    /// <exception cref="ApiException"><c>request-invalid</c>: the name is not one, or taken.</exception>
    public (ApiKeyDocument Document, string Key) With(string name, ApiRole role, DateTimeOffset now)
    {
        if (!Names.IsValid(name))
        {
            throw new ApiException("request-invalid", $"'{name}' cannot name a key: give at most 64 lower-case letters, digits and single hyphens, a letter first");
        }

        if (Keys.Any(key => key.Name == name))
        {
            throw new ApiException("request-invalid", $"there is a key '{name}' already; revoke it first, or take another name");
        }

        var secret = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        return (this with { Keys = Keys.Add(new ApiKey(name, role, HashOf(secret), now)) }, secret);
    }

    /// <summary>Takes a key out.</summary>
    /// <exception cref="ApiException"><c>not-found</c>: there is none of this name.</exception>
    public ApiKeyDocument Without(string name) =>
        Keys.FirstOrDefault(key => key.Name == name) is { } key
            ? this with { Keys = Keys.Remove(key) }
            : throw new ApiException("not-found", $"there is no key '{name}'; there are: {(Keys.IsEmpty ? "none" : string.Join(", ", Keys.Select(each => each.Name)))}");

    /// <summary>The key that a secret is; null when it is none. Takes the same time for every wrong secret.</summary>
    public ApiKey? Find(string secret)
    {
        var hash = Encoding.ASCII.GetBytes(HashOf(secret));
        ApiKey? found = null;
        foreach (var key in Keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(key.Hash)))
            {
                found = key;
            }
        }

        return found;
    }

    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

/// <summary>Serializer of the keys.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ApiKeyDocument))]
internal sealed partial class ApiKeyJson : JsonSerializerContext;
