using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>What a run would do now, and what it would reuse.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="NewSchema">Whether the run would freeze the schema of the data, being the pipeline's first.</param>
/// <param name="Broken">Partitions that are known to break an expectation.</param>
/// <param name="Stops">Whether the run would stop because of them.</param>
/// <param name="CachedCandidates">The indexes of the candidates whose identical fit is there already; of a successive halving, that on the lowest rung.</param>
public sealed record RunForecast(
    RunPlan Plan, bool NewSchema, ImmutableArray<string> Broken, bool Stops, ImmutableArray<int> CachedCandidates);

/// <summary>Foresees a run: reads only.</summary>
public sealed class RunForecaster(IBlobStore store)
{
    /// <summary>Foresees a run of a pipeline on the data that is there.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="pipelineHash">SHA-256 of its file.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException">As <see cref="RunPlanner.PlanAsync"/>.</exception>
    public async Task<RunForecast> ForecastAsync(PipelineDefinition pipeline, string pipelineHash, CancellationToken cancellationToken = default)
    {
        var (plan, newSchema) = await new RunPlanner(store).PlanAsync(pipeline, pipelineHash, cancellationToken);
        var broken = new List<int>();
        for (var index = 0; index < plan.Partitions.Length; index++)
        {
            var quality = BlobNames.Quality(plan.Pipeline, plan.QualityHash, plan.Partitions[index].Hash);
            if (plan.Partitions[index].Validated
                && await store.ReadJsonAsync(quality, PipelinesJson.Default.PartitionQuality, ct: cancellationToken) is { Value.Passed: false })
            {
                broken.Add(index);
            }
        }

        var stops = broken.Count > 0 && pipeline.Data.OnQuarantine == QuarantinePolicy.Stop;
        return new RunForecast(
            plan,
            newSchema is not null,
            [.. broken.Select(index => plan.Partitions[index].Name)],
            stops,
            stops ? [] : await CachedAsync(pipeline, plan, broken, cancellationToken));
    }

    /// <summary>A fit depends on all rows, so that none can be there before every partition has its features.</summary>
    private async Task<ImmutableArray<int>> CachedAsync(
        PipelineDefinition pipeline, RunPlan plan, List<int> leftOut, CancellationToken cancellationToken)
    {
        if (plan.Partitions.Where((partition, index) => !partition.Featurized && !leftOut.Contains(index)).Any()
            || leftOut.Count == plan.Partitions.Length)
        {
            return [];
        }

        var lineage = await Dataset.AssembleAsync(store, pipeline, plan, leftOut, cancellationToken);
        var cached = ImmutableArray.CreateBuilder<int>();
        foreach (var candidate in plan.Candidates)
        {
            var divisor = candidate.Trainer == RunPlanner.Baseline ? 1 : plan.Halving?.Divisor(0) ?? 1;
            var folds = divisor > 1 ? [] : CandidateTraining.FoldIdentities(lineage, pipeline, candidate, plan.Seed);
            string[] records =
            [
                BlobNames.TrainedCandidate(plan.Pipeline, CandidateTraining.Identity(lineage, pipeline, candidate, plan.Seed, divisor)),
                .. folds.Select(key => BlobNames.TestedFold(plan.Pipeline, key)),
            ];
            if ((await Task.WhenAll(records.Select(record => store.ExistsAsync(record, cancellationToken)))).All(exists => exists))
            {
                cached.Add(candidate.Index);
            }
        }

        return cached.ToImmutable();
    }
}
