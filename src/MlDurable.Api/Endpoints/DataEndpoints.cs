using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using MlDurable.Api.Security;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/data</c>.</summary>
internal static class DataEndpoints
{
    private const string Container = "data/";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPut("/data/{**path}", UploadAsync)
            .WithTags("Data")
            .WithName("uploadData")
            .WithSummary("Brings a data file in")
            .WithDescription(
                "The body is the file. It is in place whole or not at all. With `If-None-Match: *` only when there is none of that name, with `If-Match` only "
                + "instead of that content.")
            .Accepts<string>("text/csv", "application/octet-stream", "application/gzip", "text/plain")
            .Produces<DataFileDocument>()
            .Produces<DataFileDocument>(StatusCodes.Status201Created)
            .ProducesProblems(400, 412, 413, 415, 507)
            .DisableRequestTimeout()
            .RequireAuthorization(ApiPolicies.Operate);

    private static async Task<IResult> UploadAsync(
        string path,
        HttpRequest request,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        [FromHeader(Name = "If-None-Match")] string? ifNoneMatch,
        IBlobStore store,
        DataWatch data,
        MlDurableOptions options,
        ILogger<DataWatch> logger,
        CancellationToken cancellationToken)
    {
        var name = Container + path;
        if (BlobName.Problem(name) is { } problem)
        {
            throw new ApiException("invalid-blob-name", $"a data file cannot have this name: {problem}");
        }

        if (request.ContentLength > options.MaxUploadBytes)
        {
            throw new ApiException("body-too-large", $"the file has {request.ContentLength} bytes; at most {options.MaxUploadBytes} are allowed");
        }

        RequestBody.Allow(request.HttpContext, options.MaxUploadBytes);

        var existed = await store.ExistsAsync(name, cancellationToken);
        var written = await store.WriteAsync(name, request.Body, ConditionOf(ifMatch, ifNoneMatch), cancellationToken);

        await NotifyAsync(data, written, logger);
        return TypedResults.Json(
            new DataFileDocument(path, written.Length, written.ETag),
            ApiJson.Default.DataFileDocument,
            statusCode: existed ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }

    /// <summary>Tells the data trigger. The file is there whatever becomes of this: what could not be told, the next listing finds.</summary>
    private static async Task NotifyAsync(DataWatch data, BlobProperties written, ILogger logger)
    {
        try
        {
            // Also when the caller goes away.
            await data.NotifyAsync([DataNotification.Of(written)], CancellationToken.None);
        }
        catch (Exception exception) when (exception is AggregateException or PipelineException or BlobStoreException)
        {
            ApiLog.NotNotified(logger, written.Name, exception.Message, exception);
        }
    }

    private static BlobCondition ConditionOf(string? ifMatch, string? ifNoneMatch) => (ifMatch, ifNoneMatch) switch
    {
        (null, null) => BlobCondition.None,
        (null, "*") => BlobCondition.IfAbsent,
        ({ Length: > 0 } etag, null) when etag != "*" => BlobCondition.IfMatch(etag),
        _ => throw new ApiException("request-invalid", "give either If-Match with an ETag that this API gave, or If-None-Match: *"),
    };
}
