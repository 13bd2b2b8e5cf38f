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
        if ((origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}") || site is "cross-site" or "same-site")
        {
            await ApiProblems.Of("origin-refused", "requests from pages of another origin are refused").ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
