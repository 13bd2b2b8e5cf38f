using System.Text.Json.Serialization.Metadata;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Reads what is kept only so that it need not be made again.</summary>
internal static class DerivedBlobs
{
    /// <summary>The document that was kept; null when there is none or it is damaged, so that it is made again and replaced.</summary>
    public static async Task<T?> FindSoundAsync<T>(this IBlobStore store, string name, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return (await store.ReadJsonAsync(name, typeInfo, ct: cancellationToken))?.Value;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobCorrupt)
        {
            return null;
        }
    }
}
