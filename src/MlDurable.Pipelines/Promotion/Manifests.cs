using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Promotion;

/// <summary>Writes down what a model was made from.</summary>
internal static class Manifests
{
    /// <summary>Where this process trains.</summary>
    public static TrainingEnvironment Environment { get; } = new(
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        System.Environment.Version.ToString(),
        typeof(Manifests).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        FeatureSet.CodeHash);

    public static Manifest Create(RunRequest request, RunPlan plan, DatasetLineage dataset, CandidateResult candidate, PipelineDefinition pipeline, DateTimeOffset now) => new()
    {
        ModelHash = candidate.ModelHash,
        RunId = request.RunId,
        Pipeline = request.Pipeline,
        PipelineHash = request.PipelineHash,
        Parameters = request.Parameters,
        Dataset = dataset,
        Trainer = candidate.Trainer,
        TrainerVersion = Trainers.Get(candidate.Trainer).Version,
        Transforms = pipeline.Features.Transforms.IsEmpty ? null : TransformVersions(pipeline.Features),
        Hyperparameters = candidate.Hyperparameters,
        Calibration = pipeline.Train.Calibrate,
        Threshold = pipeline.Train.Threshold,
        Seed = plan.Seed,
        Environment = Environment,
        CreatedAt = now,
    };

    /// <summary>The transforms of a pipeline, and their versions in this process.</summary>
    public static ImmutableSortedDictionary<string, string> TransformVersions(FeaturesDefinition features) =>
        features.Transforms.Values.Distinct().ToImmutableSortedDictionary(name => name, name => Transforms.Get(name).Version);
}
