using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlDurable.Api.Endpoints;

namespace MlDurable.Api.Security;

/// <summary>Adds authentication by keys.</summary>
public static class ApiKeyAuthentication
{
    /// <summary>The name of the scheme.</summary>
    public const string Scheme = "mldurable-key";

    /// <summary>The header that a key may come in instead of <c>Authorization: Bearer</c>.</summary>
    public const string Header = "X-Api-Key";

    /// <summary>Makes keys the way in which requests say who asks.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="keys">Where the keys are kept.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddMlDurableKeys(this IServiceCollection services, IApiKeySource keys)
    {
        services.AddSingleton(provider => new ApiKeyRing(keys, provider.GetRequiredService<TimeProvider>()));
        services.AddAuthentication(Scheme).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(Scheme, null);
        return services;
    }

    private sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyRing ring)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        private const string Bearer = "Bearer ";

        protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var authorization = Request.Headers.Authorization.ToString();
            var secret = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? authorization[Bearer.Length..].Trim()
                : Request.Headers[Header].ToString();
            if (secret.Length == 0)
            {
                return AuthenticateResult.NoResult();
            }

            if (await ring.FindAsync(secret, Context.RequestAborted) is not { } key)
            {
                return AuthenticateResult.Fail("unknown key");
            }

            var identity = new ClaimsIdentity(
                [new Claim(ClaimTypes.Name, key.Name), new Claim(ClaimTypes.Role, key.Role.ToString().ToLowerInvariant())], Scheme.Name);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.Headers.WWWAuthenticate = "Bearer";
            return ApiProblems.Of("key-required", $"send a key of this server as `Authorization: Bearer KEY` or `{Header}: KEY`; an admin makes one with `mldurable keys create`")
                .ExecuteAsync(Context);
        }

        protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
            ApiProblems.Of(
                    "role-missing",
                    $"'{Context.User.Identity?.Name}' is {Context.User.FindFirstValue(ClaimTypes.Role)}, which may not do this; docs/api.md says which role may")
                .ExecuteAsync(Context);
    }
}
