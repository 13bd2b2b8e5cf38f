using System.Reflection;
using System.Runtime.InteropServices;
using MlDurable.Learning.Training;
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

    public static Manifest Create(RunRequest request, RunPlan plan, DatasetLineage dataset, CandidateResult candidate, DateTimeOffset now) => new()
    {
        ModelHash = candidate.ModelHash,
        RunId = request.RunId,
        Pipeline = request.Pipeline,
        PipelineHash = request.PipelineHash,
        Parameters = request.Parameters,
        Dataset = dataset,
        Trainer = candidate.Trainer,
        TrainerVersion = Trainers.Get(candidate.Trainer).Version,
        Hyperparameters = candidate.Hyperparameters,
        Seed = plan.Seed,
        Environment = Environment,
        CreatedAt = now,
    };
}
