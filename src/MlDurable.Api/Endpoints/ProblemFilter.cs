using Microsoft.AspNetCore.Http;

namespace MlDurable.Api.Endpoints;

/// <summary>Turns foreseen failures of an endpoint into problem details. What is not foreseen is the application's to log and to answer.</summary>
internal sealed class ProblemFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception exception) when (ApiProblems.CodeOf(exception) is not null && !context.HttpContext.Response.HasStarted)
        {
            return ApiProblems.Of(exception);
        }
    }
}
