using System.Security.Claims;

namespace MlDurable.Api.Endpoints;

/// <summary>Who asks, for the records.</summary>
internal static class Caller
{
    public static string NameOf(ClaimsPrincipal user) => $"http:{user.Identity?.Name ?? "anonymous"}";
}
