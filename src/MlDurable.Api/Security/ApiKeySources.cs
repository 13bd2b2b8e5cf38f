using System.Text.Json;
using MlDurable.Storage;

namespace MlDurable.Api.Security;

/// <summary>Where keys are kept. Safe for concurrent use.</summary>
public interface IApiKeySource
{
    /// <summary>Where, for messages.</summary>
    string Description { get; }

    /// <summary>The keys; none when nothing was written yet.</summary>
    Task<ApiKeyDocument> ReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes the keys, once, on what is there at that moment.</summary>
    Task ChangeAsync(Func<ApiKeyDocument, ApiKeyDocument> change, CancellationToken cancellationToken = default);
}

/// <summary>Keys in the store, for every server that works on it: the blob <c>config/api-keys.json</c>.</summary>
public sealed class StoredApiKeys(IBlobStore store) : IApiKeySource
{
    private const string Blob = "config/api-keys.json";

    /// <inheritdoc/>
    public string Description => $"{Blob} in {store.Description}";

    /// <inheritdoc/>
    public async Task<ApiKeyDocument> ReadAsync(CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(Blob, ApiKeyJson.Default.ApiKeyDocument, ct: cancellationToken))?.Value ?? new ApiKeyDocument();

    /// <inheritdoc/>
    public async Task ChangeAsync(Func<ApiKeyDocument, ApiKeyDocument> change, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var present = await store.ReadJsonAsync(Blob, ApiKeyJson.Default.ApiKeyDocument, ct: cancellationToken);
            var condition = present is { } found ? BlobCondition.IfMatch(found.ETag) : BlobCondition.IfAbsent;
            try
            {
                await store.WriteJsonAsync(
                    Blob, change(present?.Value ?? new ApiKeyDocument()), ApiKeyJson.Default.ApiKeyDocument, condition, cancellationToken);
                return;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another writer was first: change what it wrote.
            }
        }
    }
}

/// <summary>Keys in a file, such as a mounted secret.</summary>
public sealed class ApiKeyFile(string path) : IApiKeySource
{
    /// <inheritdoc/>
    public string Description => path;

    /// <inheritdoc/>
    /// <exception cref="ApiException"><c>keys-unreadable</c>: the file is there and is not one of keys.</exception>
    public async Task<ApiKeyDocument> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync(file, ApiKeyJson.Default.ApiKeyDocument, cancellationToken) ?? throw new JsonException("It is null.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ApiKeyDocument();
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ApiException("keys-unreadable", $"the key file '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Written beside and moved into place, readable by its owner only.</remarks>
    public async Task ChangeAsync(Func<ApiKeyDocument, ApiKeyDocument> change, CancellationToken cancellationToken = default)
    {
        var changed = change(await ReadAsync(cancellationToken));
        var beside = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(beside, options))
        {
            await JsonSerializer.SerializeAsync(file, changed, ApiKeyJson.Default.ApiKeyDocument, cancellationToken);
        }

        File.Move(beside, path, overwrite: true);
    }
}
