using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.AzureManaged;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.AzureManaged;

namespace MlDurable.Worker;

internal static partial class SchedulerConnection
{
    static partial void UseAzureManaged(IDurableTaskWorkerBuilder worker, IDurableTaskClientBuilder client, string connection, ref bool connected)
    {
        worker.UseDurableTaskScheduler(connection);
        client.UseDurableTaskScheduler(connection);
        connected = true;
    }
}
