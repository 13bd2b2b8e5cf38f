using System.Collections.Immutable;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/models</c>.</summary>
internal static class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapGet("", ListAsync)
            .WithName("listModels")
            .WithSummary("Lists the models and their champions")
            .Produces<ModelsDocument>();
        models.MapGet("/{name}", GetAsync)
            .WithName("getModel")
            .WithSummary("A model: its versions, aliases and their history")
            .Produces<RegistryDocument>()
            .ProducesProblems(404);
        models.MapGet("/{name}/versions", VersionsAsync)
            .WithName("listModelVersions")
            .WithSummary("Lists the versions of a model")
            .Produces<VersionsDocument>()
            .ProducesProblems(404);
        models.MapGet("/{name}/versions/{version:int}", VersionAsync)
            .WithName("getModelVersion")
            .WithSummary("A version of a model and what it was made from")
            .Produces<VersionDocument>()
            .ProducesProblems(404);
        models.MapPost("/{name}/promote", PromoteAsync)
            .WithName("promoteModel")
            .WithSummary("Makes a version the champion, by a person's decision")
            .Accepts<PromoteBody>("application/json")
            .Produces<ChampionChange>()
            .ProducesProblems(400, 404, 409, 413, 415)
            .RequireAuthorization(ApiPolicies.Approve);
        models.MapPost("/{name}/rollback", RollbackAsync)
            .WithName("rollbackModel")
            .WithSummary("Returns to an earlier champion")
            .Accepts<RollbackBody>("application/json")
            .Produces<ChampionChange>()
            .ProducesProblems(400, 404, 409, 413, 415)
            .RequireAuthorization(ApiPolicies.Approve);
    }

    private static async Task<JsonHttpResult<ModelsDocument>> ListAsync(ModelRegistry registry, CancellationToken cancellationToken)
    {
        var models = ImmutableArray.CreateBuilder<ModelSummary>();
        foreach (var name in await registry.ListModelsAsync(cancellationToken))
        {
            var model = await registry.ReadAsync(name, cancellationToken);
            models.Add(new ModelSummary(name, model.Versions.Length, model.ChampionVersion is { } champion ? model.Find(champion) : null));
        }

        return TypedResults.Json(new ModelsDocument(models.ToImmutable()), ApiJson.Default.ModelsDocument);
    }

    private static async Task<JsonHttpResult<RegistryDocument>> GetAsync(string name, ModelRegistry registry, CancellationToken cancellationToken) =>
        TypedResults.Json(await RequireAsync(registry, name, cancellationToken), ApiJson.Default.RegistryDocument);

    private static async Task<JsonHttpResult<VersionsDocument>> VersionsAsync(string name, ModelRegistry registry, CancellationToken cancellationToken) =>
        TypedResults.Json(new VersionsDocument(name, (await RequireAsync(registry, name, cancellationToken)).Versions), ApiJson.Default.VersionsDocument);

    private static async Task<JsonHttpResult<VersionDocument>> VersionAsync(
        string name, int version, ModelRegistry registry, CancellationToken cancellationToken)
    {
        var model = await RequireAsync(registry, name, cancellationToken);
        var (_, found) = await registry.ResolveAsync($"{name}/{version}", cancellationToken);
        return TypedResults.Json(
            new VersionDocument(
                name,
                found,
                [.. model.Aliases.Where(alias => alias.Value == version).Select(alias => alias.Key)],
                await registry.ManifestAsync(name, version, cancellationToken)),
            ApiJson.Default.VersionDocument);
    }

    private static async Task<JsonHttpResult<ChampionChange>> PromoteAsync(
        string name, HttpRequest request, ClaimsPrincipal user, ModelRegistry registry, ServedModels served, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var body = await RequestBody.RequireJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.PromoteBody, cancellationToken);
        await RequireAsync(registry, name, cancellationToken);
        var change = await new ChampionControl(registry).PromoteAsync(
            new PromoteRequest(name, body.Version, body.Expect, ReasonOf(body.Reason), Caller.NameOf(user), DecisionId("promote")), cancellationToken);
        await served.RefreshAsync(name, cancellationToken);
        return TypedResults.Json(change, ApiJson.Default.ChampionChange);
    }

    private static async Task<JsonHttpResult<ChampionChange>> RollbackAsync(
        string name, HttpRequest request, ClaimsPrincipal user, ModelRegistry registry, ServedModels served, MlDurableOptions options, CancellationToken cancellationToken)
    {
        var body = await RequestBody.RequireJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.RollbackBody, cancellationToken);
        await RequireAsync(registry, name, cancellationToken);
        var change = await new ChampionControl(registry).RollbackAsync(
            new RollbackRequest(name, body.To, ReasonOf(body.Reason), Caller.NameOf(user), DecisionId("rollback")) { Expect = body.Expect }, cancellationToken);
        await served.RefreshAsync(name, cancellationToken);
        return TypedResults.Json(change, ApiJson.Default.ChampionChange);
    }

    private static async Task<RegistryDocument> RequireAsync(ModelRegistry registry, string name, CancellationToken cancellationToken) =>
        Names.IsValid(name) && await registry.ReadAsync(name, cancellationToken) is { Versions.IsEmpty: false } model
            ? model
            : throw new PipelineException("model-not-found", $"there is no model '{name}'; GET /api/models lists what there is");

    private static string ReasonOf(string reason) =>
        string.IsNullOrWhiteSpace(reason) ? throw new ApiException("request-invalid", "give a reason; it goes into the model's history") : reason;

    private static string DecisionId(string verb) => $"{verb}-{Guid.NewGuid():N}";
}
