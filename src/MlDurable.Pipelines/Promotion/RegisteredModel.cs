using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Promotion;

/// <summary>A registered version, read for scoring.</summary>
/// <param name="Version">Its registry entry.</param>
/// <param name="Model">The model.</param>
/// <param name="Manifest">What it was made from.</param>
/// <param name="Features">The row-level feature work that it expects.</param>
public sealed record RegisteredModel(ModelVersion Version, TrainedModel Model, Manifest Manifest, RowFeatures Features)
{
    internal const int MaxModelBytes = 1 << 30;

    /// <summary>Reads a version; the bytes of the model file are checked against the registry.</summary>
    /// <exception cref="PipelineException"><c>version-incomplete</c>, <c>model-changed</c>, <c>model-file-corrupt</c>, <c>trainer-not-registered</c> or <c>transform-not-registered</c>.</exception>
    public static async Task<RegisteredModel> ReadAsync(IBlobStore store, string model, ModelVersion version, CancellationToken cancellationToken)
    {
        var file = await store.ReadBytesAsync(BlobNames.Version(model, version.Number, VersionFiles.Model), MaxModelBytes, cancellationToken);
        if (ContentHash.Of(file) is var hash && hash != version.ModelHash)
        {
            throw new PipelineException(
                "model-changed",
                $"the file of {model}/{version.Number} is not the one that was registered (SHA-256 {hash[..12]}… instead of {version.ModelHash[..12]}…); "
                + "restore it, or roll back to another version");
        }

        using var content = new MemoryStream(file);
        return new RegisteredModel(
            version,
            Read(content, model, version),
            await RequireAsync(store, model, version, VersionFiles.Manifest, PipelinesJson.Default.Manifest, cancellationToken),
            await RequireAsync(store, model, version, VersionFiles.Features, PipelinesJson.Default.RowFeatures, cancellationToken));
    }

    private static TrainedModel Read(Stream content, string model, ModelVersion version)
    {
        try
        {
            return TrainedModel.Read(content);
        }
        catch (LearningException exception)
        {
            throw new PipelineException(exception.Code, $"{model}/{version.Number}: {exception.Message}", exception);
        }
    }

    private static async Task<T> RequireAsync<T>(
        IBlobStore store,
        string model,
        ModelVersion version,
        string file,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> typeInfo,
        CancellationToken cancellationToken)
        where T : class =>
        (await store.ReadJsonAsync(BlobNames.Version(model, version.Number, file), typeInfo, ct: cancellationToken))?.Value
        ?? throw new PipelineException("version-incomplete", $"{model}/{version.Number} has no {file} in {store.Description}");
}
