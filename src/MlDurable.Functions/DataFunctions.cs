using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Functions;

/// <summary>Word of new data, from Event Grid directly or through a queue. What becomes of it, <see cref="DataWatch"/> decides.</summary>
internal sealed class DataFunctions(IBlobStore store, DataWatch data, InvocationClient invocation)
{
    /// <summary>A blob that has been written whole.</summary>
    [Function("DataUploaded")]
    public async Task UploadedAsync(
        [BlobTrigger("data/{name}", Connection = "MlDurableStore", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        invocation.Use(client);

        // The event says that the upload is complete, so what is there now is, too. A blob that is gone again concerns nobody.
        if (await store.GetPropertiesAsync($"{blob.BlobContainerName}/{blob.Name}", cancellationToken) is { } written)
        {
            await data.NotifyAsync([DataNotification.Of(written)], cancellationToken);
        }
    }

    /// <summary>Events in a queue, where Event Grid cannot reach the app.</summary>
    [Function("DataEventQueue")]
    public Task QueuedAsync(
        [QueueTrigger("data-events", Connection = "MlDurableStore")] BinaryData message,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        invocation.Use(client);
        return data.NotifyAsync(BlobCreatedEvents.Parse(message.ToMemory()), cancellationToken);
    }
}
