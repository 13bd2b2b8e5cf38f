using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Runs;

/// <summary>One incoming blob in the window of a run.</summary>
/// <param name="Name">The blob's name, without the <c>data/</c> container.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ETag">The version of the blob that was read; later reads are conditional on it.</param>
/// <param name="Hash">SHA-256 of the content: the partition's identity.</param>
/// <param name="Validated">Whether its quality was judged before, under the same expectations.</param>
/// <param name="Featurized">Whether its features exist already for the same feature set.</param>
public sealed record PartitionPlan(string Name, long Length, string ETag, string Hash, bool Validated, bool Featurized);

/// <summary>One candidate of the search.</summary>
/// <param name="Index">Its place in the search, from 0.</param>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="Hyperparameters">All hyperparameters, defaults included.</param>
public sealed record CandidatePlan(int Index, string Trainer, ImmutableSortedDictionary<string, double> Hyperparameters)
{
    /// <summary>The candidate with the trainer's defaults for the hyperparameters that are not given.</summary>
    internal static CandidatePlan Of(int index, string trainer, ImmutableSortedDictionary<string, double> given) => new(
        index,
        trainer,
        Trainers.Get(trainer).Hyperparameters.ToImmutableSortedDictionary(
            hyperparameter => hyperparameter.Name, hyperparameter => given.GetValueOrDefault(hyperparameter.Name, hyperparameter.Default)));
}

/// <summary>A search that proposes candidates while the run goes on.</summary>
/// <param name="Trials">How many it tries at most; the index of the baseline, which comes after them.</param>
/// <param name="Varied">The trainers, each with the hyperparameters that the search chooses.</param>
public sealed record OpenSearch(int Trials, ImmutableSortedDictionary<string, ImmutableArray<string>> Varied);

/// <summary>What a run will do, and what it will reuse: <c>runs/&lt;run id&gt;/plan.json</c>.</summary>
public sealed record RunPlan
{
    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>SHA-256 of the pipeline file's bytes.</summary>
    public required string PipelineHash { get; init; }

    /// <summary>The seed of everything random in the run.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Identity of the row-level feature work: its definition, the frozen schema and the code that does it.</summary>
    public required string FeatureSet { get; init; }

    /// <summary>Identity of the expectations and the frozen schema.</summary>
    public required string QualityHash { get; init; }

    /// <summary>Identity of the code that learns (the module version of the learning library).</summary>
    public required string CodeHash { get; init; }

    /// <summary>Rows at and after this instant are not used; null for all rows.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>The partitions in the window, ordered by name.</summary>
    public required ImmutableArray<PartitionPlan> Partitions { get; init; }

    /// <summary>
    /// The blobs among those that started the run whose content was replaced before it was planned. The run uses the content in their place, which
    /// <see cref="Partitions"/> names, and says so here; that content is an arrival of its own, and starts a run of its own.
    /// </summary>
    public ImmutableArray<TriggerBlob> Replaced { get => field.IsDefault ? [] : field; init; }

    /// <summary>The candidates that are known when the run begins; the last one is the baseline.</summary>
    public required ImmutableArray<CandidatePlan> Candidates { get; init; }

    /// <summary>The search that proposes the other candidates; null when all are known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OpenSearch? Search { get; init; }

    /// <summary>The rungs of the search that stops most candidates early; null when each is fitted on all training rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SuccessiveHalving? Halving { get; init; }

    /// <summary>How many candidates there will be at most, the baseline among them.</summary>
    [JsonIgnore]
    public int MostCandidates => Search is null ? Candidates.Length : Search.Trials + 1;
}

/// <summary>What one candidate reached on one rung of a successive halving.</summary>
/// <param name="Divisor">Of how many training rows it was fitted on one; 1 on the highest rung.</param>
/// <param name="Validation">Metrics on the validation rows, by metric name.</param>
/// <param name="FitSeconds">How long the fit took where it was done.</param>
public sealed record RungResult(int Divisor, ImmutableSortedDictionary<string, double> Validation, double FitSeconds);

/// <summary>How far one candidate came in a successive halving.</summary>
/// <param name="IsStopped">Whether it was stopped before it was fitted on all training rows: its figures and its model are those of its last rung.</param>
/// <param name="Rungs">What it reached on each rung that it came to, the lowest first.</param>
public sealed record CandidateHalving(bool IsStopped, ImmutableArray<RungResult> Rungs);

/// <summary>What one candidate reached on the validation rows, and in its cross-validation.</summary>
/// <param name="Index">The candidate's place in the search.</param>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="Hyperparameters">All hyperparameters.</param>
/// <param name="Validation">Metrics on the validation rows, by metric name.</param>
/// <param name="ModelBlob">Where its model file lies.</param>
/// <param name="ModelHash">SHA-256 of the model file.</param>
/// <param name="FitSeconds">How long the fit took where it was done.</param>
/// <param name="Reused">Whether an earlier, identical fit was taken.</param>
public sealed record CandidateResult(
    int Index,
    string Trainer,
    ImmutableSortedDictionary<string, double> Hyperparameters,
    ImmutableSortedDictionary<string, double> Validation,
    string ModelBlob,
    string ModelHash,
    double FitSeconds,
    bool Reused)
{
    /// <summary>What it reached in a cross-validation; null where candidates are selected by their figures on the validation rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CrossValidation? CrossValidation { get; init; }

    /// <summary>How many training rows it was fitted on; null where on all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TrainingRows { get; init; }

    /// <summary>How far it came in a successive halving; null without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CandidateHalving? Halving { get; init; }

    /// <summary>The figure that candidates are compared by: the mean over the folds, or else that on the validation rows.</summary>
    /// <param name="metric">The metric's name.</param>
    /// <returns>The figure; not a number where the metric is undefined or was not computed.</returns>
    public double Figure(string metric) => CrossValidation is { } folds
        ? folds.Metrics.GetValueOrDefault(metric)?.Mean ?? double.NaN
        : Validation.GetValueOrDefault(metric, double.NaN);
}
