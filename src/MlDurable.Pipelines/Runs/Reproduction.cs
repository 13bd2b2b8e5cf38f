using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Promotion;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>What came of training a run's selected candidate again.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Identical">Whether the new model file is the old one, bit for bit.</param>
/// <param name="ModelHash">SHA-256 of the model file that the run made.</param>
/// <param name="NewModelHash">SHA-256 of the new model file.</param>
/// <param name="LargestDifference">The largest difference of a predicted probability over the holdout rows.</param>
/// <param name="Differences">What differs between the run's environment and this one.</param>
public sealed record ReproductionResult(
    string RunId, bool Identical, string ModelHash, string NewModelHash, double LargestDifference, IReadOnlyList<string> Differences);

/// <summary>Trains the selected candidate of a run again, from its manifest and the raw data.</summary>
public sealed class Reproduction(IBlobStore store)
{
    private readonly RunStore runs = new(store);

    /// <summary>Reads the run's partitions again, makes its features and its model anew, and compares the model with the one that the run made.</summary>
    /// <exception cref="PipelineException"><c>run-not-found</c>, <c>run-incomplete</c>, <c>data-gone</c>: what the run was made from is not there any more;
    /// <c>trainer-not-registered</c>, <c>transform-not-registered</c>: the pipeline names what this program does not have.</exception>
    /// <exception cref="Learning.LearningException"><c>trainer-not-registered</c>: so is the trainer of the model.</exception>
    public async Task<ReproductionResult> ReproduceAsync(string runId, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var run = await runs.GetAsync(runId, cancellationToken);
        var manifest = await runs.ManifestAsync(run.RunId, cancellationToken)
            ?? throw new PipelineException("run-incomplete", $"run {run.RunId} selected no candidate, so that there is no model to make again");
        var trainer = Trainers.Get(manifest.Trainer);
        var pipeline = await runs.PipelineAsync(run.RunId, cancellationToken);
        var schema = (await store.ReadJsonAsync(BlobNames.Schema(manifest.Pipeline), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value;
        var rowFeatures = FeatureSet.RowFeatures(pipeline);
        var tables = new List<(PartitionLineage Partition, Table Table)>();
        foreach (var partition in manifest.Dataset.Partitions)
        {
            tables.Add((partition, rowFeatures.Build((await ReadAsync(partition, schema, cancellationToken)).Table)));
        }

        var dataset = new Dataset(manifest.Dataset, DatasetRows.Join(tables, manifest.Dataset.Task));
        var trained = CandidateTraining.Fit(
            dataset, pipeline, manifest.Trainer, manifest.Hyperparameters, manifest.Seed, progress, cancellationToken);
        var original = await OriginalAsync(run, manifest, cancellationToken);
        var holdout = dataset.Take(dataset.Indexes(RowPart.Holdout)).Features;
        var difference = original.Predict(holdout)
            .Zip(trained.Model.Predict(holdout), (before, now) => Math.Abs(before - now))
            .DefaultIfEmpty()
            .Max();
        return new ReproductionResult(
            run.RunId, trained.Hash == manifest.ModelHash, manifest.ModelHash, trained.Hash, difference, Differences(manifest, trainer, pipeline.Features));
    }

    private async Task<CsvContent> ReadAsync(PartitionLineage partition, TableSchema? schema, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(partition, cancellationToken);
        var hash = await ContentHash.OfAsync(reader.Content, cancellationToken);
        return hash == partition.Hash
            ? await PartitionSource.ReadAsync(store, partition.Name, reader.Properties.ETag, schema, cancellationToken)
            : throw new PipelineException(
                "data-gone",
                $"{partition.Name} is not what the run was trained on (SHA-256 {hash[..12]}… instead of {partition.Hash[..12]}…); restore the file to reproduce the run");
    }

    private async Task<BlobReader> OpenAsync(PartitionLineage partition, CancellationToken cancellationToken)
    {
        try
        {
            return await store.OpenReadAsync(BlobNames.Data + partition.Name, ct: cancellationToken);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobNotFound)
        {
            throw new PipelineException(
                "data-gone", $"{partition.Name} (SHA-256 {partition.Hash[..12]}…) is gone from {store.Description}; restore it to reproduce the run", exception);
        }
    }

    private async Task<TrainedModel> OriginalAsync(RunRecord run, Manifest manifest, CancellationToken cancellationToken)
    {
        var selected = run.Leaderboard.First(candidate => candidate.ModelHash == manifest.ModelHash);
        using var file = new MemoryStream(await store.ReadBytesAsync(selected.ModelBlob, RegisteredModel.MaxModelBytes, cancellationToken));
        return TrainedModel.Read(file);
    }

    private static List<string> Differences(Manifest manifest, ITrainer trainer, FeaturesDefinition features)
    {
        var then = manifest.Environment;
        var now = Manifests.Environment;
        return
        [
            .. new (string What, string Then, string Now)[]
                {
                    ("operating system", then.Os, now.Os),
                    ("architecture", then.Architecture, now.Architecture),
                    (".NET runtime", then.Runtime, now.Runtime),
                    ("MlDurable", then.Product, now.Product),
                    ("learning code", then.CodeHash, now.CodeHash),
                    ($"trainer {trainer.Name}", manifest.TrainerVersion, trainer.Version),
                }
                .Concat(Manifests.TransformVersions(features).Select(
                    current => (What: $"transform {current.Key}", Then: manifest.Transforms?.GetValueOrDefault(current.Key) ?? "none", Now: current.Value)))
                .Where(item => item.Then != item.Now)
                .Select(item => $"{item.What}: {item.Then} then, {item.Now} now"),
        ];
    }
}
