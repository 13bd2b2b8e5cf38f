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
            ServerLog.Answered(
                logger,
                context.Request.Method,
                PathOf(context.Request),
                status,
                (long)timeProvider.GetElapsedTime(start).TotalMilliseconds,
                context.User.Identity?.Name ?? "anonymous");
        }
    }

    /// <summary>As it came, percent-encoded, since a decoded path may hold line breaks; the token of a one-time link is a secret and is left out.</summary>
    private static string PathOf(HttpRequest request) =>
        request.Path.StartsWithSegments("/api/approvals", StringComparison.OrdinalIgnoreCase, out var token) && token.HasValue ? "/api/approvals/…" : request.Path.ToUriComponent();
}
