using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Serving;
using MlDurable.Storage;

namespace MlDurable.Api.Endpoints;

/// <summary>What stable error codes mean in HTTP: the one table of the API.</summary>
public static class ApiProblems
{
    /// <summary>The status of an error code; 500 for one that is not the caller's to put right.</summary>
    public static int StatusOf(string code) => code switch
    {
        "request-invalid" or "host-refused" or "origin-refused" or "pipeline-invalid" or "data-name" or "invalid-blob-name" or "instance-id-invalid"
            or "payload-invalid" or "signature-mismatch" or "unknown-column" or "no-features" or "no-label-column" or "column-kind" or "time-column-kind"
            or "reserved-column" or "run-ambiguous" or "invalid-json" or "not-a-row" or "missing-column" or "wrong-type" or "duplicate-column"
            or "approval-invalid" or "link-invalid" or "no-score" or "score-as-of" or "as-of-needs-time" or "backfill-empty" or "backfill-future"
            or "backfill-too-large" or "backfill-invalid" or "no-time" or "schedule-too-fine" => StatusCodes.Status400BadRequest,
        not null when code.StartsWith("csv-", StringComparison.Ordinal) => StatusCodes.Status400BadRequest,
        "key-required" => StatusCodes.Status401Unauthorized,
        "role-missing" or "approval-not-allowed" => StatusCodes.Status403Forbidden,
        "run-not-found" or "run-incomplete" or "model-not-found" or "version-not-found" or "version-incomplete" or "pipeline-not-found" or "schedule-not-found"
            or "pipeline-not-deployed" or "approval-not-found" or "backfill-not-found" or "no-champion" or "no-partitions" or "data-gone" or "blob-not-found"
            or "instance-not-found" or "not-found" => StatusCodes.Status404NotFound,
        "http-trigger-missing" or "superseded" or "run-ended" or "champion-contended" or "nothing-to-roll-back" or "blob-changed" or "instance-conflict"
            or "instance-status" or "run-not-failed" or "step-not-quarantined" or "approval-late" or "approval-answered" or "approval-stale" or "link-used"
            or "explanation-unavailable" => StatusCodes.Status409Conflict,
        "link-expired" => StatusCodes.Status410Gone,
        "precondition-failed" => StatusCodes.Status412PreconditionFailed,
        "payload-too-large" or "blob-too-large" or "body-too-large" or "too-many-rows" => StatusCodes.Status413PayloadTooLarge,
        "media-type-unsupported" => StatusCodes.Status415UnsupportedMediaType,
        "run-conflict" => StatusCodes.Status422UnprocessableEntity,
        "too-many-requests" => StatusCodes.Status429TooManyRequests,
        "store-unavailable" or "engine-closed" or "journal-write-failed" => StatusCodes.Status503ServiceUnavailable,
        "not-supported" => StatusCodes.Status501NotImplemented,
        "store-full" => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>The stable code of an exception; null when it has none and so is not foreseen.</summary>
    public static string? CodeOf(Exception exception) => exception switch
    {
        ICodedFailure coded => coded.Code,
        BlobStoreException store => store.Code,
        Learning.LearningException learning => learning.Code,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => "body-too-large",
        BadHttpRequestException => "request-invalid",
        _ => null,
    };

    /// <summary>A problem with a stable code, as every error of the API is told.</summary>
    /// <param name="code">The code, which decides the status.</param>
    /// <param name="detail">What happened, where, and what to do.</param>
    public static ProblemHttpResult Of(string code, string detail) => TypedResults.Problem(DetailsOf(code, detail));

    /// <summary>The problem that a foreseen exception is; null for one that is not foreseen.</summary>
    public static ProblemHttpResult? Of(Exception exception)
    {
        if (CodeOf(exception) is not { } code)
        {
            return null;
        }

        var details = DetailsOf(code, exception.Message);
        if (exception is ApiException { Problems: { IsEmpty: false } problems })
        {
            details.Extensions["problems"] = JsonSerializer.SerializeToElement(problems, ApiJson.Default.ImmutableArrayPipelineProblem);
        }

        if (exception is RowException { Row: { } row })
        {
            details.Extensions["row"] = row;
        }

        if (exception is RowException { Columns: { Count: > 0 } columns })
        {
            details.Extensions["columns"] = columns;
        }

        return TypedResults.Problem(details);
    }

    /// <summary>Gives a problem that the framework made its stable code.</summary>
    /// <param name="details">The problem.</param>
    /// <param name="exception">What led to it; null when nothing was thrown.</param>
    public static void Complete(ProblemDetails details, Exception? exception)
    {
        if (details.Extensions.ContainsKey("code"))
        {
            return;
        }

        var code = exception is null ? null : CodeOf(exception);
        details.Extensions["code"] = code ?? details.Status switch
        {
            StatusCodes.Status400BadRequest => "request-invalid",
            StatusCodes.Status401Unauthorized => "key-required",
            StatusCodes.Status403Forbidden => "role-missing",
            StatusCodes.Status404NotFound => "not-found",
            StatusCodes.Status405MethodNotAllowed => "method-not-allowed",
            StatusCodes.Status413PayloadTooLarge => "body-too-large",
            StatusCodes.Status415UnsupportedMediaType => "media-type-unsupported",
            StatusCodes.Status504GatewayTimeout => "timed-out",
            _ => "unexpected",
        };
        if (code is not null)
        {
            details.Detail = exception!.Message;
        }
    }

    private static ProblemDetails DetailsOf(string code, string detail) => new()
    {
        Status = StatusOf(code),
        Title = code.Replace('-', ' '),
        Detail = detail,
        Extensions = { ["code"] = code },
    };
}
