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
    /// <returns>Conventions of all of them.</returns>
    public static IEndpointConventionBuilder MapMlDurable(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api").AddEndpointFilter<ProblemFilter>().RequireAuthorization(ApiPolicies.Read);
        RunEndpoints.Map(api);
        PredictEndpoints.Map(api);
        return api;
    }
}
