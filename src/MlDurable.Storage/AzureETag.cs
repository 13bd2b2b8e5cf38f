using Azure;

namespace MlDurable.Storage;

/// <summary>The one text of an ETag: headers carry it in quotation marks, listings may not.</summary>
internal static class AzureETag
{
    public static string Text(ETag etag) => etag.ToString().Trim('"');
}
