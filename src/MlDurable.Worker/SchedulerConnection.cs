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
    /// <exception cref="InvalidOperationException">It is neither (<c>scheduler-invalid</c>), or this build lacks the packages for the first (<c>scheduler-unsupported</c>).</exception>
    public static void Use(IDurableTaskWorkerBuilder worker, IDurableTaskClientBuilder client, string scheduler)
    {
        if (Uri.TryCreate(scheduler, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            worker.UseGrpc(scheduler);
            client.UseGrpc(scheduler);
            return;
        }

        // The text may hold a secret, so it is repeated nowhere.
        var connected = false;
        try
        {
            UseAzureManaged(worker, client, scheduler, ref connected);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new InvalidOperationException(
                "scheduler-invalid: --scheduler is no connection string of the Durable Task Scheduler; it looks like " +
                "Endpoint=https://…;TaskHub=…;Authentication=ManagedIdentity (or DefaultAzure, WorkloadIdentity, AzureCli, …, or None for an emulator).",
                exception);
        }

        if (!connected)
        {
            throw new InvalidOperationException(
                "scheduler-unsupported: --scheduler takes http://HOST:PORT in this build; a connection string of the Durable Task Scheduler needs a " +
                "build with -p:FullPackageFeed=true.");
        }
    }

    static partial void UseAzureManaged(IDurableTaskWorkerBuilder worker, IDurableTaskClientBuilder client, string connection, ref bool connected);
}
