using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MlDurable.Api.Endpoints;

/// <summary>Says in the OpenAPI document which problems an endpoint answers with.</summary>
internal static class EndpointProblems
{
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.ProducesProblem(status);
        }

        return endpoint;
    }
}
