using System.Text.RegularExpressions;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace MlDurable.Storage;

/// <summary>Opens the store that a person names with <c>--store</c>.</summary>
public static partial class BlobStoreFactory
{
    /// <summary>Opens a store.</summary>
    /// <param name="directoryOrConnection">One of: the path of a directory; <c>UseDevelopmentStorage=true</c> (Azurite on its usual port); an Azure Storage
    /// connection string; the address of an account, <c>https://ACCOUNT.blob.core.windows.net</c>, used with the identity of the machine or of the person who
    /// is logged in (<see cref="DefaultAzureCredential"/>), or with the shared access signature in its query.</param>
    /// <returns>The store. It is not contacted before it is used.</returns>
    /// <exception cref="BlobStoreException"><c>invalid-store</c> when the text names no store. The text itself, which may hold a key, is not repeated.</exception>
    public static IBlobStore Open(string directoryOrConnection)
    {
        ArgumentNullException.ThrowIfNull(directoryOrConnection);
        var text = directoryOrConnection.Trim();
        if (text.Length == 0)
        {
            throw Invalid("The store is empty. Give a directory, an Azure Storage connection string or https://ACCOUNT.blob.core.windows.net.");
        }

        if (ConnectionSetting().IsMatch(text) || (text.Contains('=', StringComparison.Ordinal) && text.Contains(';', StringComparison.Ordinal)))
        {
            return OpenConnection(text);
        }

        return Scheme().Match(text) is { Success: true } scheme ? OpenAddress(text, scheme.Groups["scheme"].Value) : OpenDirectory(text);
    }

    private static AzureBlobStore OpenConnection(string connection)
    {
        try
        {
            return new AzureBlobStore(new BlobServiceClient(connection, AzureBlobStore.ClientOptions()));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // What the client library says may quote the connection string, so its message goes no further.
            throw Invalid(
                "The store looks like an Azure Storage connection string and is not a valid one. It must be UseDevelopmentStorage=true, or "
                + "DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net, or BlobEndpoint=…;SharedAccessSignature=…: "
                + "copy it anew from the portal (Access keys) and quote it, since a shell ends a command at ';'.");
        }
    }

    private static AzureBlobStore OpenAddress(string text, string scheme)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address)
            || (scheme is not ("https" or "http"))
            || (scheme is "http" && !address.IsLoopback)
            || address.UserInfo.Length > 0)
        {
            throw Invalid(
                $"A store with an address of the kind {scheme}:// is not supported, or the address is malformed. "
                + "Give https://ACCOUNT.blob.core.windows.net (plain http only for an emulator on this machine).");
        }

        var account = new UriBuilder(address) { Query = string.Empty, Fragment = string.Empty }.Uri;
        if (address.Query.Contains("sig=", StringComparison.Ordinal))
        {
            return new AzureBlobStore(new BlobServiceClient(address, AzureBlobStore.ClientOptions()));
        }

        return scheme is "https"
            ? new AzureBlobStore(new BlobServiceClient(account, new DefaultAzureCredential(), AzureBlobStore.ClientOptions()))
            : throw Invalid("An identity is never sent over plain http. Give the emulator's connection string, or UseDevelopmentStorage=true.");
    }

    private static DirectoryBlobStore OpenDirectory(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid("The store's path has a null character.");
        }

        return File.Exists(path)
            ? throw Invalid($"The store '{path}' is a file. Give a directory; it is made when it does not exist.")
            : new DirectoryBlobStore(path);
    }

    private static BlobStoreException Invalid(string message) => new(BlobStoreErrorCodes.InvalidStore, message);

    [GeneratedRegex(
        @"(^|;)\s*(UseDevelopmentStorage|DevelopmentStorageProxyUri|DefaultEndpointsProtocol|AccountName|AccountKey|EndpointSuffix|SharedAccessSignature|\w+Endpoint)\s*=",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConnectionSetting();

    [GeneratedRegex("^(?<scheme>[a-z][a-z0-9+.-]+)://", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scheme();
}
