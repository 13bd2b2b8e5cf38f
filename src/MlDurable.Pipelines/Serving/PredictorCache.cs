using MlDurable.Pipelines.Registry;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Serving;

/// <summary>Keeps the version that scored last, so that partitions scored side by side share it.</summary>
/// <remarks>Safe for concurrent use. Holds one model.</remarks>
internal sealed class PredictorCache(IBlobStore store, ModelRegistry registry)
{
    private readonly Lock gate = new();
    private (string Reference, Task<Predictor> Predictor)? latest;

    public Task<Predictor> GetAsync(string model, int version)
    {
        var reference = $"{model}/{version}";
        lock (gate)
        {
            if (latest is not { } cached || cached.Reference != reference || cached.Predictor.IsFaulted)
            {
                // Shared by several activities, so that it is not cancelled with the first of them.
                latest = (reference, Predictor.OpenAsync(store, registry, reference, CancellationToken.None));
            }

            return latest.Value.Predictor;
        }
    }
}
