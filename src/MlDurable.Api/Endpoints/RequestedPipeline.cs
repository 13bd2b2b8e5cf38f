using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Api.Endpoints;

/// <summary>A deployed pipeline with the values that a request gives for its parameters.</summary>
internal static class RequestedPipeline
{
    /// <summary>The values as pipeline files have them.</summary>
    /// <exception cref="ApiException"><c>request-invalid</c>: one of them is a list or an object.</exception>
    public static ImmutableSortedDictionary<string, string> TextsOf(ImmutableSortedDictionary<string, JsonElement> values) =>
        values.ToImmutableSortedDictionary(pair => pair.Key, pair => TextOf(pair.Key, pair.Value), StringComparer.Ordinal);

    /// <summary>Reads the pipeline.</summary>
    /// <exception cref="ApiException"><c>pipeline-invalid</c>, with each problem.</exception>
    public static async Task<PipelineSource> ReadAsync(
        PipelineDeployments deployments, PipelineDeployment deployment, ImmutableSortedDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        var (pipeline, problems) = await deployments.TryReadAsync(deployment, parameters, cancellationToken);
        return pipeline
            ?? throw new ApiException("pipeline-invalid", $"pipeline '{deployment.Name}' cannot be run with these parameters: {problems[0].Message}")
            {
                Problems = problems,
            };
    }

    private static string TextOf(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new ApiException(
            "request-invalid",
            string.Create(CultureInfo.InvariantCulture, $"parameter '{name}' is {value.ValueKind.ToString().ToLowerInvariant()}; give a number, a text or a boolean")),
    };
}
