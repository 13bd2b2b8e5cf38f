using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Endpoints;
using MlDurable.Api.Security;

namespace MlDurable.Api;

/// <summary>Adds the API's endpoints to an application.</summary>
public static class MlDurableEndpointRouteBuilderExtensions
{
    /// <summary>Maps every endpoint, below <c>/api</c>.</summary>
    /// <param name="endpoints">The application's routes.</param>
    /// <returns>The group <c>/api</c>, for conventions of all of them and for endpoints beside them.</returns>
    public static RouteGroupBuilder MapMlDurable(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api").AddEndpointFilter<ProblemFilter>().RequireAuthorization(ApiPolicies.Read);
        RunEndpoints.Map(api);
        PredictEndpoints.Map(api);
        PipelineEndpoints.Map(api);
        ModelEndpoints.Map(api);
        DataEndpoints.Map(api);
        ScheduleEndpoints.Map(api);
        ApprovalEndpoints.Map(api);
        BackfillEndpoints.Map(api);
        return api;
    }
}
