using System.Collections.Immutable;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using MlDurable.Api.Security;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/runs</c>, and the start of runs below <c>/api/pipelines</c>.</summary>
internal static class RunEndpoints
{
    private const int DefaultPage = 20;
    private const int MaxPage = 200;

    /// <summary>A page is cut off after so many records, so that a filter that finds little costs no more than one that finds all.</summary>
    private const int MaxRecordsRead = 1000;

    private const string RetryAfterSeconds = "5";

    /// <summary>How long a request purges at most.</summary>
    private static readonly TimeSpan PurgeTime = TimeSpan.FromSeconds(10);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/pipelines/{name}/runs", StartAsync)
            .WithTags("Runs")
            .WithName("startRun")
            .WithSummary("Starts a run of a deployed pipeline")
            .WithDescription("With an Idempotency-Key (1 to 255 printable characters) the same request again leads to the same run; with another body it is refused (422).")
            .Accepts<StartRunBody>(isOptional: true, "application/json")
            .Produces<RunAccepted>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415, 422)
            .RequireAuthorization(ApiPolicies.Operate);

        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("", ListAsync)
            .WithName("listRuns")
            .WithSummary("Lists runs, newest first")
            .Produces<RunsPage>()
            .ProducesProblems(400);
        runs.MapGet("/{runId}", GetAsync)
            .WithName("getRun")
            .WithSummary("Where a run stands")
            .WithDescription("202 while it goes on, 200 when it has ended, as Durable Functions answer.")
            .Produces<RunStatusDocument>()
            .Produces<RunStatusDocument>(StatusCodes.Status202Accepted)
            .ProducesProblems(404);
        runs.MapGet("/{runId}/steps", StepsAsync)
            .WithName("getRunSteps")
            .WithSummary("Where the partitions and candidates of a run stand")
            .Produces<RunStepsDocument>()
            .ProducesProblems(404);
        runs.MapGet("/{runId}/report", ReportAsync)
            .WithName("getRunReport")
            .WithSummary("The report of a run, as a web page")
            .Produces(StatusCodes.Status200OK, contentType: "text/html")
            .ProducesProblems(404);
        Document(runs, "plan", "getRunPlan", "What a run does and reuses", (store, id, token) => store.PlanAsync(id, token), ApiJson.Default.RunPlan);
        Document(
            runs, "evaluation", "getRunEvaluation", "The evidence and the verdict of a run", (store, id, token) => store.EvaluationAsync(id, token), ApiJson.Default.Evaluation);
        Document(
            runs,
            "explanation",
            "getRunExplanation",
            "What the selected candidate looks at",
            (store, id, token) => store.ExplanationAsync(id, token),
            ApiJson.Default.ModelExplanation);
        Document(
            runs, "manifest", "getRunManifest", "What the selected candidate was made from", (store, id, token) => store.ManifestAsync(id, token), ApiJson.Default.Manifest);

        Steer(runs, "suspend", "suspendRun", "Stops a run until it is resumed; steps under way end", (client, id, reason, token) => client.SuspendAsync(id, reason, token));
        Steer(runs, "resume", "resumeRun", "Lets a suspended run go on", (client, id, reason, token) => client.ResumeAsync(id, reason, token));
        runs.MapPost("/{runId}/terminate", TerminateAsync)
            .WithName("terminateRun")
            .WithSummary("Ends a run for good; the champion stays")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(404, 409)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapPost("/{runId}/rewind", RewindAsync)
            .WithName("rewindRun")
            .WithSummary("Lets a failed run go on from the step that ended it; what had finished is not done again")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(404, 409, 501)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapPost("/{runId}/restart", RestartAsync)
            .WithName("restartRun")
            .WithSummary("Starts a run like one that has ended: the same version of the pipeline, the same parameters unless others are given")
            .WithDescription("With an Idempotency-Key (1 to 255 printable characters) the same request again leads to the same run; with another body it is refused (422).")
            .Accepts<RestartRunBody>(isOptional: true, "application/json")
            .Produces<RunAccepted>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415, 422)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapPost("/{runId}/steps/{sequence:int}/retry", RetryStepAsync)
            .WithName("retryStep")
            .WithSummary("Lets a step out of quarantine")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(404, 409, 501)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapPost("/{runId}/steps/{sequence:int}/skip", SkipStepAsync)
            .WithName("skipStep")
            .WithSummary("Ends a step in quarantine with a result that is given by hand")
            .Accepts<SkipStepBody>("application/json")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415, 501)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapPost("/{runId}/events/{eventName}", RaiseEventAsync)
            .WithName("raiseRunEvent")
            .WithSummary("Sends an external event to a run")
            .Accepts<JsonElement>(isOptional: true, "application/json")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415)
            .RequireAuthorization(ApiPolicies.Operate);
        runs.MapDelete("", PurgeByPolicyAsync)
            .WithName("purgeRuns")
            .WithSummary("Forgets the finished instances that ended before an instant; the records of runs stay")
            .WithDescription("Ends after some seconds even if it is not done (`isComplete`): the same request goes on.")
            .Produces<PurgeProgress>()
            .ProducesProblems(400)
            .RequireAuthorization(ApiPolicies.Administer);
        runs.MapDelete("/{runId}", PurgeAsync)
            .WithName("purgeRun")
            .WithSummary("Forgets the finished instance of a run; its records stay")
            .Produces<PurgeResult>()
            .ProducesProblems(404, 409)
            .RequireAuthorization(ApiPolicies.Administer);
    }

    /// <summary>The record of a run.</summary>
    /// <exception cref="PipelineException"><c>run-not-found</c>.</exception>
    public static async Task<RunRecord> RequireAsync(RunStore runs, string runId, CancellationToken cancellationToken) =>
        (RunIds.IsValid(runId) ? await runs.FindAsync(runId, cancellationToken) : null)
        ?? throw new PipelineException("run-not-found", $"there is no run '{runId}'; GET /api/runs lists what there is");

    private static async Task<IResult> StartAsync(
        string name,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        HttpRequest request,
        ClaimsPrincipal user,
        RunRequests requests,
        MlDurableOptions options,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.StartRunBody, cancellationToken) ?? new StartRunBody();
        var runId = await requests.StartAsync(name, body, idempotencyKey, Caller.NameOf(user), cancellationToken);
        return Accepted(request, runId);
    }

    private static async Task<IResult> RestartAsync(
        string runId,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        HttpRequest request,
        ClaimsPrincipal user,
        RunStore runs,
        RunRequests requests,
        MlDurableOptions options,
        CancellationToken cancellationToken)
    {
        var run = await RequireAsync(runs, runId, cancellationToken);
        var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.RestartRunBody, cancellationToken) ?? new RestartRunBody();
        return Accepted(request, await requests.RestartAsync(run, body, idempotencyKey, Caller.NameOf(user), cancellationToken));
    }

    private static JsonHttpResult<RunAccepted> Accepted(HttpRequest request, string runId)
    {
        var run = AddressOf(request, runId);
        request.HttpContext.Response.Headers.Location = run;
        request.HttpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Json(
            new RunAccepted(
                runId, run, $"{run}/events/{{eventName}}", $"{run}/suspend?reason={{text}}", $"{run}/resume?reason={{text}}", $"{run}/terminate?reason={{text}}", run)
            {
                RewindPostUri = $"{run}/rewind?reason={{text}}",
                RestartPostUri = $"{run}/restart",
            },
            ApiJson.Default.RunAccepted,
            statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<RunsPage>> ListAsync(
        RunStore runs, string? pipeline, RunStatus? status, DateTimeOffset? startedFrom, DateTimeOffset? startedBefore, int? limit, string? continuationToken, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MaxPage)
        {
            throw new ApiException("request-invalid", $"limit must be 1 to {MaxPage}, not {limit}");
        }

        var found = ImmutableArray.CreateBuilder<RunRecord>();
        string? last = null;
        var read = 0;
        await foreach (var run in runs.ListBeforeAsync(continuationToken is null ? null : RunIdOf(continuationToken), cancellationToken))
        {
            // The page is full, or long enough; this run is the first of the next one.
            if (found.Count == (limit ?? DefaultPage) || read == MaxRecordsRead)
            {
                return Page(found, WebEncoders.Base64UrlEncode(Encoding.ASCII.GetBytes(last!)));
            }

            last = run.RunId;
            read++;
            if ((pipeline is null || run.Pipeline == pipeline) && (status is null || run.Status == status)
                && !(run.StartedAt < startedFrom) && !(run.StartedAt >= startedBefore))
            {
                found.Add(run);
            }
        }

        return Page(found, null);

        static JsonHttpResult<RunsPage> Page(ImmutableArray<RunRecord>.Builder found, string? token) =>
            TypedResults.Json(new RunsPage(found.ToImmutable(), token), ApiJson.Default.RunsPage);
    }

    private static async Task<IResult> GetAsync(
        string runId, HttpRequest request, RunStore runs, RunEngine engine, CancellationToken cancellationToken)
    {
        var run = await RequireAsync(runs, runId, cancellationToken);
        var state = run.Engine == engine.Name ? await engine.Client.GetAsync(runId, cancellationToken) : null;
        var document = new RunStatusDocument(
            state?.Name,
            runId,

            // The record is the truth: an instance ends a moment after its last step has closed the record.
            run.Status == RunStatus.Running && state is not null ? state.RuntimeStatus : StatusOf(run),
            state?.CustomStatus is { } status ? JsonSerializer.Deserialize(status, ApiJson.Default.JsonElement) : null,
            run.StartedAt,
            state?.LastUpdatedAt ?? run.FinishedAt ?? run.StartedAt,
            run)
        {
            QuarantinedSteps = state is { QuarantinedSteps: { Count: > 0 } steps } ? [.. steps] : null,
            Hindrance = state is { IsFinished: false, Failure: { } hindrance } ? $"{hindrance.Code}: {hindrance.ErrorMessage}" : null,
        };
        if (document.RuntimeStatus is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated)
        {
            return TypedResults.Json(document, ApiJson.Default.RunStatusDocument);
        }

        request.HttpContext.Response.Headers.Location = AddressOf(request, runId);
        request.HttpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Json(document, ApiJson.Default.RunStatusDocument, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<RunStepsDocument>> StepsAsync(string runId, RunStore runs, IBlobStore store, CancellationToken cancellationToken)
    {
        await RequireAsync(runs, runId, cancellationToken);
        if (await runs.PlanAsync(runId, cancellationToken) is not { } plan)
        {
            return TypedResults.Json(new RunStepsDocument(runId, [], []), ApiJson.Default.RunStepsDocument);
        }

        var finished = await new RunStepReader(store, runId).FinishedCandidatesAsync(cancellationToken);
        var quality = (await runs.QualityAsync(runId, cancellationToken)).ToDictionary(partition => partition.Partition, partition => partition.Passed);
        var candidates = await runs.CandidatesAsync(runId, plan, cancellationToken);
        var names = CandidateNames.Of(candidates, plan.Search);
        return TypedResults.Json(
            new RunStepsDocument(
                runId,
                [
                    .. plan.Partitions.Select((partition, index) =>
                        new PartitionStep(index, partition.Name, quality.TryGetValue(partition.Name, out var passed) ? passed : null)),
                ],
                [.. candidates.Select((candidate, place) => new CandidateStep(candidate.Index, names[place], finished.Contains(candidate.Index)))]),
            ApiJson.Default.RunStepsDocument);
    }

    private static async Task<IResult> ReportAsync(string runId, HttpResponse response, RunStore runs, IBlobStore store, CancellationToken cancellationToken)
    {
        await RequireAsync(runs, runId, cancellationToken);
        var reader = await store.OpenReadAsync(RunStore.FileName(runId, RunStore.ReportFile), ct: cancellationToken);

        // The report is one file without scripts; names from data stay text even if its writer had a bug.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";
        response.RegisterForDisposeAsync(reader);
        return TypedResults.Stream(reader.Content, "text/html; charset=utf-8");
    }

    private static async Task<StatusCodeHttpResult> TerminateAsync(
        string runId, string? reason, ClaimsPrincipal user, RunStore runs, RunLauncher launcher, RunEngine engine, CancellationToken cancellationToken)
    {
        await RequireOwnAsync(runs, engine, runId, cancellationToken);
        await launcher.CancelAsync(runId, ReasonOf(reason, user), cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<StatusCodeHttpResult> RewindAsync(
        string runId, string? reason, ClaimsPrincipal user, RunStore runs, RunLauncher launcher, RunEngine engine, CancellationToken cancellationToken)
    {
        await RequireOwnAsync(runs, engine, runId, cancellationToken);
        await launcher.RewindAsync(runId, ReasonOf(reason, user), cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<StatusCodeHttpResult> RetryStepAsync(
        string runId, int sequence, string? reason, ClaimsPrincipal user, RunStore runs, RunEngine engine, CancellationToken cancellationToken)
    {
        await RequireUnfinishedAsync(runs, engine, runId, cancellationToken);
        await engine.Client.RetryStepAsync(runId, sequence, ReasonOf(reason, user), cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<StatusCodeHttpResult> SkipStepAsync(
        string runId, int sequence, HttpRequest request, ClaimsPrincipal user, RunStore runs, RunEngine engine, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.SkipStepBody, cancellationToken);
        if (body?.Output is not { ValueKind: not JsonValueKind.Undefined } output)
        {
            throw new ApiException("request-invalid", "the result of the step is missing: { \"output\": …, \"reason\": \"…\" }");
        }

        await RequireUnfinishedAsync(runs, engine, runId, cancellationToken);
        await engine.Client.SkipStepAsync(runId, sequence, output.GetRawText(), ReasonOf(body.Reason, user), cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<StatusCodeHttpResult> RaiseEventAsync(
        string runId, string eventName, HttpRequest request, RunStore runs, RunEngine engine, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request, options.MaxBodyBytes, cancellationToken);
        JsonElement payload;
        try
        {
            payload = body.Length == 0 ? JsonSerializer.SerializeToElement("", ApiJson.Default.String) : JsonSerializer.Deserialize(body.Span, ApiJson.Default.JsonElement);
        }
        catch (JsonException exception)
        {
            throw new ApiException("request-invalid", $"the event's payload is not JSON: {exception.Message}", exception);
        }

        await RequireUnfinishedAsync(runs, engine, runId, cancellationToken);
        await engine.Client.RaiseEventAsync(runId, new EventDefinition<JsonElement>(eventName, ApiJson.Default.JsonElement), payload, cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<PurgeResult>> PurgeAsync(string runId, RunStore runs, RunEngine engine, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runs, engine, runId, cancellationToken);
        if (run.Status != RunStatus.Running && await engine.Client.GetAsync(runId, cancellationToken) is { IsFinished: false })
        {
            // Its last step has closed the record; it ends in a moment.
            await engine.Client.WaitForCompletionAsync(runId, cancellationToken);
        }

        return TypedResults.Json(new PurgeResult(await engine.Client.PurgeAsync(runId, cancellationToken) ? 1 : 0), ApiJson.Default.PurgeResult);
    }

    private static async Task<JsonHttpResult<PurgeProgress>> PurgeByPolicyAsync(
        DateTimeOffset? endedBefore, OrchestrationRuntimeStatus? status, RunEngine engine, CancellationToken cancellationToken)
    {
        if (endedBefore is not { } before)
        {
            throw new ApiException("request-invalid", "endedBefore is missing: an instant such as 2026-01-01T00:00:00Z");
        }

        var policy = new PurgePolicy { EndedBefore = before, Statuses = status is { } one ? [one] : null };
        return TypedResults.Json(await engine.Client.PurgeAsync(policy, PurgeTime, cancellationToken), ApiJson.Default.PurgeProgress);
    }

    private static void Steer(
        IEndpointRouteBuilder runs, string verb, string name, string summary, Func<IOrchestrationClient, string, string, CancellationToken, Task> steer) =>
        runs.MapPost(
                $"/{{runId}}/{verb}",
                async Task<StatusCodeHttpResult> (string runId, string? reason, ClaimsPrincipal user, RunStore store, RunEngine engine, CancellationToken cancellationToken) =>
                {
                    await RequireUnfinishedAsync(store, engine, runId, cancellationToken);
                    await steer(engine.Client, runId, ReasonOf(reason, user), cancellationToken);
                    return TypedResults.StatusCode(StatusCodes.Status202Accepted);
                })
            .WithName(name)
            .WithSummary(summary)
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblems(404, 409)
            .RequireAuthorization(ApiPolicies.Operate);

    private static void Document<T>(
        IEndpointRouteBuilder runs,
        string file,
        string name,
        string summary,
        Func<RunStore, string, CancellationToken, Task<T?>> read,
        JsonTypeInfo<T> typeInfo)
        where T : class =>
        runs.MapGet(
                $"/{{runId}}/{file}",
                async Task<JsonHttpResult<T>> (string runId, RunStore store, CancellationToken cancellationToken) =>
                {
                    var run = await RequireAsync(store, runId, cancellationToken);
                    return TypedResults.Json(
                        await read(store, runId, cancellationToken)
                            ?? throw new PipelineException(
                                "run-incomplete", $"run {runId} has no {file}{(run.Status == RunStatus.Running ? " yet" : ": it ended before that")}"),
                        typeInfo);
                })
            .WithName(name)
            .WithSummary(summary)
            .Produces<T>()
            .ProducesProblems(404);

    /// <summary>A run that this engine carries out; one of another engine on the same store is steered there.</summary>
    private static async Task<RunRecord> RequireOwnAsync(RunStore runs, RunEngine engine, string runId, CancellationToken cancellationToken)
    {
        var run = await RequireAsync(runs, runId, cancellationToken);
        return run.Engine == engine.Name
            ? run
            : throw new PipelineException("instance-conflict", $"run {runId} belongs to the engine '{run.Engine}'; steer it there");
    }

    private static async Task RequireUnfinishedAsync(RunStore runs, RunEngine engine, string runId, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runs, engine, runId, cancellationToken);
        if (run.Status != RunStatus.Running)
        {
            throw new PipelineException("run-ended", $"run {runId} has ended already: {run.Status.ToString().ToLowerInvariant()}");
        }
    }

    private static string RunIdOf(string continuationToken)
    {
        try
        {
            if (Encoding.ASCII.GetString(WebEncoders.Base64UrlDecode(continuationToken)) is var runId && RunIds.IsValid(runId))
            {
                return runId;
            }
        }
        catch (FormatException)
        {
            // Told below.
        }

        throw new ApiException("request-invalid", "the continuationToken is not one that this API gave");
    }

    private static OrchestrationRuntimeStatus StatusOf(RunRecord run) => run.Status switch
    {
        RunStatus.Running => OrchestrationRuntimeStatus.Running,
        RunStatus.Completed => OrchestrationRuntimeStatus.Completed,
        RunStatus.Cancelled => OrchestrationRuntimeStatus.Terminated,
        _ => OrchestrationRuntimeStatus.Failed,
    };

    /// <summary>Why, with who asks.</summary>
    public static string ReasonOf(string? reason, ClaimsPrincipal user) =>
        string.IsNullOrWhiteSpace(reason) ? $"asked for by {Caller.NameOf(user)}" : $"{reason} ({Caller.NameOf(user)})";

    private static string AddressOf(HttpRequest request, string runId) => $"{request.Scheme}://{request.Host}{request.PathBase}/api/runs/{runId}";
}
