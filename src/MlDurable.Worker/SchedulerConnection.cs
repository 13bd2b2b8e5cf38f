using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.Grpc;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Grpc;

namespace MlDurable.Worker;

/// <summary>How the worker reaches its task hub, as <c>--scheduler</c> says.</summary>
internal static partial class SchedulerConnection
{
    /// <summary>Connects worker and client.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="client">The client beside it.</param>
    /// <param name="scheduler">
    /// A connection string of the Durable Task Scheduler (<c>Endpoint=…;TaskHub=…;Authentication=…</c>), or <c>http://HOST:PORT</c> of a hub that
    /// speaks Durable Task's protocol without authentication.
    /// </param>
    /// <exception cref="InvalidOperationException">It is neither, or this build lacks the packages for the first.</exception>
    public static void Use(IDurableTaskWorkerBuilder worker, IDurableTaskClientBuilder client, string scheduler)
    {
        if (Uri.TryCreate(scheduler, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            worker.UseGrpc(scheduler);
            client.UseGrpc(scheduler);
            return;
        }

        var connected = false;
        UseAzureManaged(worker, client, scheduler, ref connected);
        if (!connected)
        {
            // The text may hold a secret, so it is not repeated.
            throw new InvalidOperationException(
                "scheduler-unsupported: --scheduler takes http://HOST:PORT in this build; a connection string of the Durable Task Scheduler needs a " +
                "build with -p:FullPackageFeed=true.");
        }
    }

    static partial void UseAzureManaged(IDurableTaskWorkerBuilder worker, IDurableTaskClientBuilder client, string connection, ref bool connected);
}
