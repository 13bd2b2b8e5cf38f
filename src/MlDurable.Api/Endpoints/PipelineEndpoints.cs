using System.Collections.Immutable;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/pipelines</c>.</summary>
internal static class PipelineEndpoints
{
    private const string Yaml = "application/yaml";

    public static void Map(IEndpointRouteBuilder api)
    {
        var pipelines = api.MapGroup("/pipelines").WithTags("Pipelines");
        pipelines.MapGet("", ListAsync)
            .WithName("listPipelines")
            .WithSummary("Lists the deployed pipelines")
            .Produces<PipelinesDocument>();
        pipelines.MapGet("/{name}", GetAsync)
            .WithName("getPipeline")
            .WithSummary("A deployed pipeline: its parameters and triggers")
            .Produces<PipelineDocument>()
            .ProducesProblems(400, 404);
        pipelines.MapGet("/{name}/file", FileAsync)
            .WithName("getPipelineFile")
            .WithSummary("The file of a deployed pipeline")
            .Produces(StatusCodes.Status200OK, contentType: Yaml)
            .ProducesProblems(404);
        pipelines.MapPut("/{name}", DeployAsync)
            .WithName("deployPipeline")
            .WithSummary("Deploys a pipeline file")
            .WithDescription("The body is the YAML file, whose `pipeline:` is the name in the path. Runs that are under way stay on the version that they began with.")
            .Accepts<string>(Yaml, "text/yaml", "application/x-yaml", "text/plain")
            .Produces<DeployedDocument>()
            .ProducesProblems(400, 413, 415)
            .RequireAuthorization(ApiPolicies.Administer);
        pipelines.MapDelete("/{name}", RemoveAsync)
            .WithName("removePipeline")
            .WithSummary("Takes a pipeline out of service; its versions, runs and models stay")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblems(404)
            .RequireAuthorization(ApiPolicies.Administer);
    }

    /// <summary>The deployment of a pipeline.</summary>
    /// <exception cref="ApiException"><c>pipeline-not-found</c>.</exception>
    public static async Task<PipelineDeployment> RequireAsync(PipelineDeployments deployments, string name, CancellationToken cancellationToken) =>
        (Names.IsValid(name) ? await deployments.FindAsync(name, cancellationToken) : null)
        ?? throw NotFound(name);

    private static async Task<JsonHttpResult<PipelinesDocument>> ListAsync(PipelineDeployments deployments, CancellationToken cancellationToken) =>
        TypedResults.Json(
            new PipelinesDocument([.. await deployments.ListAsync(cancellationToken).ToListAsync(cancellationToken)]), ApiJson.Default.PipelinesDocument);

    private static async Task<JsonHttpResult<PipelineDocument>> GetAsync(string name, PipelineDeployments deployments, CancellationToken cancellationToken)
    {
        var deployment = await RequireAsync(deployments, name, cancellationToken);
        var definition = (await deployments.ReadAsync(deployment, cancellationToken: cancellationToken)).Definition;
        return TypedResults.Json(
            new PipelineDocument(deployment, definition.Description, definition.Promote.Model, definition.Parameters, definition.Triggers),
            ApiJson.Default.PipelineDocument);
    }

    private static async Task<FileContentHttpResult> FileAsync(string name, PipelineDeployments deployments, CancellationToken cancellationToken) =>
        TypedResults.Bytes(await deployments.ContentAsync(await RequireAsync(deployments, name, cancellationToken), cancellationToken), Yaml);

    private static async Task<JsonHttpResult<DeployedDocument>> DeployAsync(
        string name, HttpRequest request, ClaimsPrincipal user, PipelineDeployments deployments, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var content = await RequestBody.ReadAsync(request, Math.Min(options.MaxBodyBytes, PipelineFile.MaxBytes), cancellationToken);
        var file = $"{(Names.IsValid(name) ? name : "pipeline")}.yaml";
        var loaded = PipelineFile.Load(file, content);
        if (loaded.Definition is not { } definition)
        {
            throw new ApiException("pipeline-invalid", $"the pipeline file has errors; the first: {loaded.Problems[0]}") { Problems = loaded.Problems };
        }

        if (definition.Name != name)
        {
            throw new ApiException("request-invalid", $"the file is that of pipeline '{definition.Name}', and not of '{name}'; PUT it to /api/pipelines/{definition.Name}");
        }

        var deployment = await deployments.DeployAsync(
            new PipelineSource(file, content, loaded.ContentHash, definition, ImmutableSortedDictionary<string, string>.Empty), Caller.NameOf(user), cancellationToken);
        return TypedResults.Json(new DeployedDocument(deployment, loaded.Problems), ApiJson.Default.DeployedDocument);
    }

    private static async Task<NoContent> RemoveAsync(string name, PipelineDeployments deployments, CancellationToken cancellationToken) =>
        Names.IsValid(name) && await deployments.RemoveAsync(name, cancellationToken) ? TypedResults.NoContent() : throw NotFound(name);

    private static ApiException NotFound(string name) =>
        new("pipeline-not-found", $"there is no deployed pipeline '{name}'; GET /api/pipelines lists what there is, PUT /api/pipelines/{{name}} deploys one");
}
