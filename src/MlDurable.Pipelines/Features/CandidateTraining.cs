using System.Collections.Immutable;
using System.Text.Json;
using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Features;

/// <summary>A model file and its identity.</summary>
internal sealed record FittedCandidate(TrainedModel Model, byte[] File, string Hash);

/// <summary>Fits one candidate. The same rows, recipe, hyperparameters, seed and code give the same bytes.</summary>
internal static class CandidateTraining
{
    /// <summary>Identity of a fit: everything that its result depends on.</summary>
    public static string Identity(DatasetLineage dataset, PipelineDefinition pipeline, CandidatePlan candidate, ulong seed) =>
        ContentHash.OfParts(
        [
            dataset.Hash,
            JsonSerializer.Serialize(FeatureSet.Recipe(pipeline.Features), LearningJson.Default.FeatureRecipe),
            candidate.Trainer,
            Trainers.Get(candidate.Trainer).Version,
            FeatureSet.CodeHash,
            seed.ToString(),
            $"calibrate: {pipeline.Train.Calibrate}",
            $"threshold: {pipeline.Train.Threshold}",
            .. pipeline.Features.Transforms.Select(pair => $"{pair.Key}: {pair.Value} {Transforms.Get(pair.Value).Version}"),
            .. candidate.Hyperparameters.Select(pair => $"{pair.Key}={pair.Value:R}"),
        ]);

    public static FittedCandidate Fit(
        Dataset dataset,
        PipelineDefinition pipeline,
        string trainer,
        ImmutableSortedDictionary<string, double> hyperparameters,
        ulong seed,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var model = Trainers.Get(trainer).Fit(
            new TrainingRequest
            {
                Training = dataset.Take(dataset.Indexes(RowPart.Training)),
                Validation = dataset.Take(dataset.Indexes(RowPart.Validation)),
                Recipe = FeatureSet.Recipe(pipeline.Features),
                Transforms = pipeline.Features.Transforms,
                Calibration = pipeline.Train.Calibrate,
                Threshold = pipeline.Train.Threshold,
                Hyperparameters = hyperparameters,
                Seed = seed,
                Progress = progress,
            },
            cancellationToken);
        using var file = new MemoryStream();
        model.Write(file);
        var bytes = file.ToArray();
        return new FittedCandidate(model, bytes, ContentHash.Of(bytes));
    }
}
