using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Features;

/// <summary>Keeps the rows that were read last, so that candidates trained side by side share them.</summary>
/// <remarks>Safe for concurrent use. Holds one dataset.</remarks>
internal sealed class DatasetCache(IBlobStore store)
{
    private readonly Lock gate = new();
    private (string Hash, Task<Dataset> Rows)? latest;

    public Task<Dataset> GetAsync(string pipeline, DatasetLineage lineage)
    {
        lock (gate)
        {
            if (latest is not { } cached || cached.Hash != lineage.Hash || cached.Rows.IsFaulted)
            {
                // Shared by several activities, so that it is not cancelled with the first of them.
                latest = (lineage.Hash, Dataset.LoadAsync(store, pipeline, lineage, CancellationToken.None));
            }

            return latest.Value.Rows;
        }
    }
}
