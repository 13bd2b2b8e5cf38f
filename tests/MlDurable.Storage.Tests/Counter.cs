using System.Text;

namespace MlDurable.Storage.Tests;

/// <summary>A number in a blob that many writers increment by compare-and-swap.</summary>
internal static class Counter
{
    public static async Task IncrementAsync(IBlobStore store, string name, int times)
    {
        for (var done = 0; done < times;)
        {
            try
            {
                var (value, condition) = await ReadForSwapAsync(store, name);
                await store.WriteBytesAsync(name, Encoding.ASCII.GetBytes($"{value + 1}"), condition);
                done++;
            }
            catch (BlobStoreException exception) when (exception.Code is BlobStoreErrorCodes.PreconditionFailed or BlobStoreErrorCodes.BlobChanged)
            {
                // Another writer was first: read again.
            }
        }
    }

    public static async Task<int> ReadAsync(IBlobStore store, string name) => (await ReadForSwapAsync(store, name)).Value;

    private static async Task<(int Value, BlobCondition Condition)> ReadForSwapAsync(IBlobStore store, string name)
    {
        if (await store.GetPropertiesAsync(name) is not { } found)
        {
            return (0, BlobCondition.IfAbsent);
        }

        await using var reader = await store.OpenReadAsync(name, found.ETag);
        using var text = new StreamReader(reader.Content);
        return (int.Parse(await text.ReadToEndAsync()), BlobCondition.IfMatch(found.ETag));
    }
}
