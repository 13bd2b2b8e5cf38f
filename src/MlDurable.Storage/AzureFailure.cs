using System.Net;
using Azure;
using Azure.Identity;

namespace MlDurable.Storage;

/// <summary>Tells what an exception of the Azure client library means for a store.</summary>
/// <remarks>Its messages quote responses and addresses, which may hold signatures: only the status, the service's error code, the request's id and the text of a
/// failed connection are passed on, and never the exception itself.</remarks>
internal static class AzureFailure
{
    private const int NoResponse = 0;

    /// <summary>Whether an exception is one of the client library or of the connection below it.</summary>
    public static bool Is(Exception exception) =>
        exception is RequestFailedException or AuthenticationFailedException or AggregateException or IOException or HttpRequestException
        || (exception is TaskCanceledException { CancellationToken.IsCancellationRequested: false });

    /// <summary>Gives the exception to throw instead of one of the client library.</summary>
    public static BlobStoreException Translate(Exception exception, string store, string name) => exception switch
    {
        RequestFailedException { Status: not NoResponse } failure => Translate(failure, store, name),
        AuthenticationFailedException => new BlobStoreException(
            BlobStoreErrorCodes.StoreDenied,
            $"No Azure identity could be used for {store}. Log in with `az login`, give the machine a managed identity, or pass a connection string.",
            name),
        _ => new BlobStoreException(
            BlobStoreErrorCodes.StoreUnavailable,
            $"{store} cannot be reached ({ConnectionText(exception)}). Check the address and the network; for UseDevelopmentStorage=true start Azurite.",
            name),
    };

    private static BlobStoreException Translate(RequestFailedException failure, string store, string name)
    {
        var answer = $"HTTP {failure.Status}{(failure.ErrorCode is { } code ? $" {code}" : string.Empty)}{RequestId(failure)}";
        return (HttpStatusCode)failure.Status switch
        {
            HttpStatusCode.NotFound => new BlobStoreException(BlobStoreErrorCodes.BlobNotFound, $"There is no '{name}' in {store} ({answer}).", name),
            HttpStatusCode.PreconditionFailed => new BlobStoreException(
                BlobStoreErrorCodes.BlobChanged, $"'{name}' in {store} has changed meanwhile ({answer}). Read it again.", name),
            HttpStatusCode.RequestEntityTooLarge => new BlobStoreException(
                BlobStoreErrorCodes.BlobTooLarge, $"'{name}' is larger than {store} takes ({answer}).", name),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new BlobStoreException(
                BlobStoreErrorCodes.StoreDenied,
                $"{store} refuses access to '{name}' ({answer}). Check the key or signature and its expiry, the clock of this machine, the account's firewall, "
                + "or give the identity the role Storage Blob Data Contributor.",
                name),
            _ => new BlobStoreException(BlobStoreErrorCodes.StoreUnavailable, $"{store} could not handle '{name}' ({answer}). Try again later.", name),
        };
    }

    private static string RequestId(RequestFailedException failure) =>
        failure.GetRawResponse() is { } response && response.Headers.TryGetValue("x-ms-request-id", out var id) ? $", request {id}" : string.Empty;

    /// <remarks>The innermost text is the socket's or the resolver's: a host, a port and what went wrong.</remarks>
    private static string ConnectionText(Exception exception)
    {
        var innermost = exception is AggregateException aggregate ? aggregate.Flatten().InnerExceptions[^1] : exception;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        return innermost is RequestFailedException or AggregateException ? "no answer" : innermost.Message.TrimEnd('.');
    }
}
