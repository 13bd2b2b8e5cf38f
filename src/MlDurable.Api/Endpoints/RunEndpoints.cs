using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/runs</c>.</summary>
internal static class RunEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("/{runId}/record", RecordAsync)
            .WithName("getRunRecord")
            .WithSummary("The record of a run, as it lies in the store")
            .Produces<RunRecord>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<JsonHttpResult<RunRecord>> RecordAsync(string runId, RunStore runs, CancellationToken cancellationToken) =>
        TypedResults.Json(await RequireAsync(runs, runId, cancellationToken), PipelinesJson.Default.RunRecord);

    private static async Task<RunRecord> RequireAsync(RunStore runs, string runId, CancellationToken cancellationToken) =>
        (RunIds.IsValid(runId) ? await runs.FindAsync(runId, cancellationToken) : null)
        ?? throw new PipelineException("run-not-found", $"there is no run '{runId}'; GET /api/runs lists what there is");
}
