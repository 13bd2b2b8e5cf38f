using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api;
using MlDurable.Api.Endpoints;

namespace MlDurable.Functions;

/// <summary>The API's own middleware and endpoints, for requests that the host has routed to a function.</summary>
internal sealed class ApiPipeline
{
    private readonly RequestDelegate _pipeline;

    public ApiPipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = exception => ApiProblems.CodeOf(exception) is { } code
                ? ApiProblems.StatusOf(code)
                : StatusCodes.Status500InternalServerError,
        });
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseEndpoints(endpoints => endpoints.MapMlDurable());
        _pipeline = app.Build();
    }

    /// <summary>Answers a request.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        // The host's routing has found the function; ours finds the endpoint.
        context.SetEndpoint(null);
        context.Request.RouteValues = new RouteValueDictionary();
        return _pipeline(context);
    }
}
