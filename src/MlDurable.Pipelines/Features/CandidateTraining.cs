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
    /// <summary>Identity of the code that divides rows into folds and chooses a share of them.</summary>
    private static readonly string DivisionCode = typeof(Folds).Module.ModuleVersionId.ToString("N");

    /// <summary>Identity of a fit: everything that its result depends on.</summary>
    /// <param name="dataset">The rows.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="candidate">What is fitted.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="divisor">Of how many training rows it is fitted on one.</param>
    public static string Identity(DatasetLineage dataset, PipelineDefinition pipeline, CandidatePlan candidate, ulong seed, int divisor = 1) =>
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
            .. divisor == 1 ? Array.Empty<string>() : [DivisionCode, $"one row of {divisor}"],
        ]);

    /// <summary>The identities of the fits of a candidate's cross-validation, in the order of the folds; none without one.</summary>
    public static ImmutableArray<string> FoldIdentities(DatasetLineage dataset, PipelineDefinition pipeline, CandidatePlan candidate, ulong seed) =>
        pipeline.Train.CrossValidation is not { } folds
            ? []
            :
            [
                .. Enumerable.Range(0, folds.Folds).Select(
                    fold => ContentHash.OfParts(Identity(dataset, pipeline, candidate, seed), DivisionCode, $"{folds}", $"fold {fold}")),
            ];

    /// <summary>Fits a candidate on the training part of a dataset, with the help of its validation part.</summary>
    public static FittedCandidate Fit(
        Dataset dataset,
        PipelineDefinition pipeline,
        string trainer,
        ImmutableSortedDictionary<string, double> hyperparameters,
        ulong seed,
        IProgress<double>? progress,
        CancellationToken cancellationToken) =>
        Fit(
            dataset.Take(dataset.Indexes(RowPart.Training)),
            dataset.Take(dataset.Indexes(RowPart.Validation)),
            pipeline,
            trainer,
            hyperparameters,
            seed,
            progress,
            cancellationToken);

    /// <summary>Fits a candidate on some rows, with the help of others.</summary>
    public static FittedCandidate Fit(
        LabeledRows training,
        LabeledRows validation,
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
                Training = training,
                Validation = validation,
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
