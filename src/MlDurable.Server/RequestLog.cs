using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MlDurable.Server;

/// <summary>Logs the requests that change something, and those that failed here.</summary>
internal sealed class RequestLog(RequestDelegate next, TimeProvider timeProvider, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = timeProvider.GetTimestamp();
        await next(context);
        var status = context.Response.StatusCode;
        if (!HttpMethods.IsGet(context.Request.Method) || status >= StatusCodes.Status500InternalServerError)
        {
            // As it came, percent-encoded: a decoded path may hold line breaks.
            ServerLog.Answered(
                logger,
                context.Request.Method,
                context.Request.Path.ToUriComponent(),
                status,
                (long)timeProvider.GetElapsedTime(start).TotalMilliseconds,
                context.User.Identity?.Name ?? "anonymous");
        }
    }
}
