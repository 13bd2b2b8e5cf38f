using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using MlDurable.Api.Security;

namespace MlDurable.Server;

/// <summary>What the OpenAPI document says beside its endpoints.</summary>
internal static class OpenApiDocument
{
    public static void Configure(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "MlDurable";
        document.Info.Version = "v1";
        document.Info.Description =
            "Runs, models and pipelines of a workspace. Every error is a problem (RFC 9457) with a stable `code`. docs/api.md says which role may do what.";

        // Where it is served does not belong into a document that is kept.
        document.Servers?.Clear();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [ApiKeyAuthentication.Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key made with `mldurable keys create`. Not needed on loopback as long as there is no key.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKeyAuthentication.Scheme, document)] = [] }];
        return Task.CompletedTask;
    });
}
