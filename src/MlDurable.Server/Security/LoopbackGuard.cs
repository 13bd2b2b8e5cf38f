using System.Net;
using Microsoft.AspNetCore.Http;
using MlDurable.Api.Endpoints;

namespace MlDurable.Server.Security;

/// <summary>
/// On loopback, refuses what a web page of another site can make a browser send: a name that was made to point here (the Host header), and
/// requests from another origin.
/// </summary>
internal static class LoopbackGuard
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!IsLoopback(request.Host.Host))
        {
            await ApiProblems.Of("host-refused", "this server listens on this machine only, and answers to localhost, 127.0.0.1 and [::1] alone").ExecuteAsync(context);
            return;
        }

        var origin = request.Headers.Origin.ToString();
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if ((origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}") || (site is "cross-site" or "same-site" && !IsFollowedLink(request)))
        {
            await ApiProblems.Of("origin-refused", "requests from pages of another origin are refused").ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    /// <summary>A person may follow a one-time link from a page of another site: what it shows changes nothing, and its page answers from here.</summary>
    private static bool IsFollowedLink(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments("/api/approvals", StringComparison.OrdinalIgnoreCase) && request.Headers["Sec-Fetch-Mode"] == "navigate";

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
