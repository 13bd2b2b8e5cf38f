using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using MlDurable.Api.Security;

namespace MlDurable.Server;

/// <summary>What the OpenAPI document says beside its endpoints.</summary>
internal static class OpenApiDescription
{
    public static void Configure(OpenApiOptions options)
    {
        options.AddSchemaTransformer(NameTheValues);
        options.AddDocumentTransformer(Complete);
    }

    /// <summary>Enumerations are written by name, which the generator does not see, for the serializers have their own options.</summary>
    private static Task NameTheValues(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)name)];
            schema.Default = null;
        }

        return Task.CompletedTask;
    }

    private static Task Complete(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
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
    }
}
