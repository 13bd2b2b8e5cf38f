using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/approvals</c>, and the approval of a run.</summary>
internal static class ApprovalEndpoints
{
    private const string Html = "text/html; charset=utf-8";

    public static void Map(IEndpointRouteBuilder api)
    {
        var approvals = api.MapGroup("").WithTags("Approvals");
        approvals.MapGet("/approvals", ListAsync)
            .WithName("listApprovals")
            .WithSummary("What waits for a person's answer")
            .Produces<ApprovalsDocument>();
        approvals.MapGet("/runs/{runId}/approval", GetAsync)
            .WithName("getApproval")
            .WithSummary("What a run asks, every answer, and the decision")
            .Produces<ApprovalView>()
            .ProducesProblems(404);
        approvals.MapPost("/runs/{runId}/approval", AnswerAsync)
            .WithName("answerApproval")
            .WithSummary("Answers what a run asks")
            .WithDescription("The first answer that counts decides. One that is late, the second, about other evidence, or not the caller's to give is recorded, changes nothing, and is refused.")
            .Accepts<ApprovalBody>("application/json")
            .Produces<ApprovalReceipt>()
            .ProducesProblems(400, 403, 404, 409, 413, 415)
            .RequireAuthorization(ApiPolicies.Approve);

        // The token is the right: it needs no key. A GET changes nothing, since mail scanners follow links.
        approvals.MapGet("/approvals/{token}", OpenLinkAsync)
            .WithName("openApprovalLink")
            .WithSummary("The page behind a one-time link")
            .Produces(StatusCodes.Status200OK, contentType: "text/html")
            .ProducesProblems(400, 404, 409, 410)
            .AllowAnonymous();
        approvals.MapPost("/approvals/{token}", AnswerLinkAsync)
            .WithName("answerApprovalLink")
            .WithSummary("Answers by a one-time link")
            .Produces(StatusCodes.Status200OK, contentType: "text/html")
            .ProducesProblems(400, 404, 409, 410, 413, 415)
            .AllowAnonymous();
    }

    private static async Task<JsonHttpResult<ApprovalsDocument>> ListAsync(ApprovalBook book, CancellationToken cancellationToken) =>
        TypedResults.Json(
            new ApprovalsDocument([.. await book.ListAsync(cancellationToken).ToListAsync(cancellationToken)]), ApiJson.Default.ApprovalsDocument);

    private static async Task<JsonHttpResult<ApprovalView>> GetAsync(string runId, ApprovalBook book, CancellationToken cancellationToken) =>
        TypedResults.Json(
            (RunIds.IsValid(runId) ? await book.FindAsync(runId, cancellationToken) : null)
                ?? throw new PipelineException("approval-not-found", $"run '{runId}' asks for no approval"),
            ApiJson.Default.ApprovalView);

    private static async Task<JsonHttpResult<ApprovalReceipt>> AnswerAsync(
        string runId, HttpRequest request, ClaimsPrincipal user, ApprovalDesk desk, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var body = await RequestBody.RequireJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.ApprovalBody, cancellationToken);
        if (!RunIds.IsValid(runId))
        {
            throw new PipelineException("run-not-found", $"there is no run '{runId}'");
        }

        var receipt = await desk.AnswerAsync(
            new ApprovalReply(runId, body.Choice, Caller.NameOf(user)) { Reason = body.Reason ?? "", EvidenceHash = body.EvidenceHash }, cancellationToken);
        return receipt.Status == AnswerStatus.Counts
            ? TypedResults.Json(receipt, ApiJson.Default.ApprovalReceipt)
            : throw new ApiException(CodeOf(receipt.Status), $"the answer is recorded and changes nothing: {ApprovalPage.Explain(receipt)}");
    }

    private static async Task<ContentHttpResult> OpenLinkAsync(string token, HttpResponse response, ApprovalDesk desk, CancellationToken cancellationToken)
    {
        var (link, view) = await desk.OpenLinkAsync(token, cancellationToken);
        return Page(response, ApprovalPage.Render(link, view));
    }

    private static async Task<ContentHttpResult> AnswerLinkAsync(
        string token, HttpContext context, ApprovalDesk desk, MlDurableOptions options, CancellationToken cancellationToken)
    {
        if (!context.Request.HasFormContentType)
        {
            throw new ApiException("media-type-unsupported", "the answer is the form of the page that the link opens");
        }

        RequestBody.Allow(context, options.MaxBodyBytes);
        var form = await context.Request.ReadFormAsync(cancellationToken);
        return Page(context.Response, ApprovalPage.Render(await desk.AnswerLinkAsync(token, form[ApprovalPage.ReasonField].ToString(), cancellationToken)));
    }

    /// <summary>The address holds the token: no other site may learn it.</summary>
    private static ContentHttpResult Page(HttpResponse response, string html)
    {
        response.Headers.ContentSecurityPolicy = ApprovalPage.ContentSecurityPolicy;
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-store";
        return TypedResults.Content(html, Html, Encoding.UTF8);
    }

    private static string CodeOf(AnswerStatus status) => status switch
    {
        AnswerStatus.Late => "approval-late",
        AnswerStatus.Second => "approval-answered",
        AnswerStatus.StaleEvidence => "approval-stale",
        _ => "approval-not-allowed",
    };
}
