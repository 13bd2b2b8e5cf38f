using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Searching;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>The records of runs in a store: <c>runs/&lt;run id&gt;/…</c>. Safe for concurrent use.</summary>
public sealed class RunStore(IBlobStore store)
{
    internal const string RequestFile = "request.json";
    internal const string PipelineFile = "pipeline.yaml";
    internal const string RecordFile = "run.json";
    internal const string PlanFile = "plan.json";
    internal const string DatasetFile = "dataset.json";
    internal const string SearchFile = "search.json";
    internal const string HalvingFile = "halving.json";

    /// <summary>The file of a run that holds its <see cref="Evaluation"/>.</summary>
    public const string EvaluationFile = "evaluation.json";

    /// <summary>The file of a run that holds what its candidate looks at, a <see cref="ModelExplanation"/>.</summary>
    public const string ExplanationFile = "explanation.json";

    internal const string ManifestFile = "manifest.json";
    /// <summary>The file of a run that holds the scores of the rows that it was judged on.</summary>
    public const string PredictionsFile = "predictions.csv";

    /// <summary>The file of a run that holds its report.</summary>
    public const string ReportFile = "report.html";

    internal const string CardFile = "card.md";
    internal const string ScoringFile = "scoring.json";
    private const string UnscoredFiles = "unscored/";

    internal static string CandidateFile(int index) => $"candidates/{index}.json";

    /// <summary>What a candidate reached on a rung below the highest, whose file is the candidate's.</summary>
    internal static string RungFile(int index, int rung) => $"candidates/{index}.rung-{rung}.json";

    /// <remarks>Numbers of one length are listed in their order.</remarks>
    internal static string UnscoredFile(int index) => $"{UnscoredFiles}{index:D8}.json";

    /// <summary>Every run, newest first.</summary>
    public IAsyncEnumerable<RunRecord> ListAsync(CancellationToken cancellationToken = default) => ListBeforeAsync(null, cancellationToken);

    /// <summary>The runs before one, newest first: the next page of a listing.</summary>
    /// <param name="runId">The last run of the page before; it need not exist. Null for every run.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    public async IAsyncEnumerable<RunRecord> ListBeforeAsync(string? runId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var end = runId is null ? null : BlobNames.Run(runId, "");
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(BlobNames.Runs, ct: cancellationToken))
        {
            if (end is not null && string.CompareOrdinal(blob.Name, end) >= 0)
            {
                break;
            }

            if (blob.Name.EndsWith("/" + RecordFile, StringComparison.Ordinal))
            {
                names.Add(blob.Name);
            }
        }

        for (var index = names.Count - 1; index >= 0; index--)
        {
            if (await store.ReadJsonAsync(names[index], PipelinesJson.Default.RunRecord, ct: cancellationToken) is { } record)
            {
                yield return record.Value;
            }
        }
    }

    /// <summary>A run's record.</summary>
    /// <param name="runId">The run's identity, the beginning of one that no other run shares, or <c>latest</c>.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>run-not-found</c> or <c>run-ambiguous</c>.</exception>
    public async Task<RunRecord> GetAsync(string runId, CancellationToken cancellationToken = default)
    {
        var matches = new List<RunRecord>();
        await foreach (var run in ListAsync(cancellationToken))
        {
            if (runId == "latest" || run.RunId == runId)
            {
                return run;
            }

            if (runId.Length > 0 && run.RunId.StartsWith(runId, StringComparison.Ordinal))
            {
                matches.Add(run);
            }
        }

        return matches.Count switch
        {
            1 => matches[0],
            0 when runId == "latest" => throw new PipelineException("run-not-found", $"there is no run yet in {store.Description}; `mldurable run PIPELINE` makes the first"),
            0 => throw new PipelineException("run-not-found", $"there is no run '{runId}' in {store.Description}; `mldurable runs` lists what there is"),
            _ => throw new PipelineException(
                "run-ambiguous", $"'{runId}' may be {string.Join(" or ", matches.Take(3).Select(run => run.RunId))}; give more of it"),
        };
    }

    /// <summary>The unfinished runs of a pipeline on whichever engine, oldest first.</summary>
    /// <param name="pipeline">The pipeline's name; null for every pipeline.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    public async IAsyncEnumerable<RunRecord> UnfinishedAsync(string? pipeline = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in store.ListAsync(pipeline is null ? BlobNames.AllUnfinished : BlobNames.Unfinished(pipeline), ct: cancellationToken))
        {
            var runId = blob.Name[(blob.Name.LastIndexOf('/') + 1)..];
            if (await FindAsync(runId, RecordFile, PipelinesJson.Default.RunRecord, cancellationToken) is { Status: RunStatus.Running } run)
            {
                yield return run;
            }
        }
    }

    /// <summary>The record of exactly this run; null when there is none.</summary>
    public Task<RunRecord?> FindAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, RecordFile, PipelinesJson.Default.RunRecord, cancellationToken);

    /// <summary>The request that started a run.</summary>
    public Task<RunRequest> RequestAsync(string runId, CancellationToken cancellationToken = default) =>
        RequireAsync(runId, RequestFile, PipelinesJson.Default.RunRequest, cancellationToken);

    /// <summary>What a run does and reuses; null until it is planned.</summary>
    public Task<RunPlan?> PlanAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, PlanFile, PipelinesJson.Default.RunPlan, cancellationToken);

    /// <summary>The candidates of a run that are known, by their index: those of its plan, and those that its search has proposed since.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<ImmutableArray<CandidatePlan>> CandidatesAsync(string runId, RunPlan plan, CancellationToken cancellationToken = default) =>
        plan.Search is not null && await FindAsync(runId, SearchFile, PipelinesJson.Default.SearchRecord, cancellationToken) is { } search
            ? [.. search.Trials.Select(trial => trial.Candidate), .. plan.Candidates.Where(candidate => candidate.Index >= search.Trials.Length)]
            : plan.Candidates;

    /// <summary>The rows of a run and their division; null until they are.</summary>
    public Task<DatasetLineage?> DatasetAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, DatasetFile, PipelinesJson.Default.DatasetLineage, cancellationToken);

    /// <summary>The evidence and the verdict of a run; null until it is evaluated.</summary>
    public Task<Evaluation?> EvaluationAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, EvaluationFile, PipelinesJson.Default.Evaluation, cancellationToken);

    /// <summary>What the run's selected candidate looks at; null until it is evaluated, and for runs of versions that did not explain models.</summary>
    public Task<ModelExplanation?> ExplanationAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, ExplanationFile, PipelinesJson.Default.ModelExplanation, cancellationToken);

    /// <summary>What the run's selected candidate was made from; null until it is selected.</summary>
    public Task<Manifest?> ManifestAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, ManifestFile, PipelinesJson.Default.Manifest, cancellationToken);

    /// <summary>What a scoring run does; null until it is planned, and for runs that score nothing.</summary>
    public Task<ScoringPlan?> ScoringAsync(string runId, CancellationToken cancellationToken = default) =>
        FindAsync(runId, ScoringFile, PipelinesJson.Default.ScoringPlan, cancellationToken);

    /// <summary>The partitions that a scoring run could not score, in the order of its plan.</summary>
    public async IAsyncEnumerable<ScoringFinding> UnscoredAsync(string runId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in store.ListAsync(BlobNames.Run(runId, UnscoredFiles), ct: cancellationToken))
        {
            if (await store.ReadJsonAsync(blob.Name, PipelinesJson.Default.ScoringFinding, ct: cancellationToken) is { } finding)
            {
                yield return finding.Value;
            }
        }
    }

    /// <summary>What was found in the partitions of a run, in the order of its plan; a partition that was not judged is left out.</summary>
    public async Task<ImmutableArray<PartitionQuality>> QualityAsync(string runId, CancellationToken cancellationToken = default)
    {
        var quality = ImmutableArray.CreateBuilder<PartitionQuality>();
        if (await PlanAsync(runId, cancellationToken) is { } plan)
        {
            foreach (var partition in plan.Partitions)
            {
                var name = BlobNames.Quality(plan.Pipeline, plan.QualityHash, partition.Hash);
                if (await store.ReadJsonAsync(name, PipelinesJson.Default.PartitionQuality, ct: cancellationToken) is { } known)
                {
                    quality.Add(known.Value);
                }
            }
        }

        return quality.ToImmutable();
    }

    /// <summary>The name of a file of a run in the store.</summary>
    public static string FileName(string runId, string file) => BlobNames.Run(runId, file);

    /// <summary>The record of exactly this run.</summary>
    internal Task<RunRecord> GetExactAsync(string runId, CancellationToken cancellationToken) =>
        RequireAsync(runId, RecordFile, PipelinesJson.Default.RunRecord, cancellationToken);

    /// <summary>What a candidate of a run reached.</summary>
    internal Task<CandidateResult> CandidateAsync(string runId, int index, CancellationToken cancellationToken) =>
        RequireAsync(runId, CandidateFile(index), PipelinesJson.Default.CandidateResult, cancellationToken);

    /// <summary>What a fit of a successive halving reached.</summary>
    internal Task<CandidateResult> RungAsync(string runId, SuccessiveHalving halving, int index, int rung, CancellationToken cancellationToken) =>
        RequireAsync(runId, rung == halving.Rungs - 1 ? CandidateFile(index) : RungFile(index, rung), PipelinesJson.Default.CandidateResult, cancellationToken);

    /// <summary>The pipeline of a run, as it was when the run started.</summary>
    internal async Task<PipelineDefinition> PipelineAsync(string runId, CancellationToken cancellationToken)
    {
        var request = await RequestAsync(runId, cancellationToken);
        var yaml = await store.ReadBytesAsync(BlobNames.Run(runId, PipelineFile), Definition.PipelineFile.MaxBytes, cancellationToken);
        var loaded = Definition.PipelineFile.Load(request.PipelineFile, yaml, new PipelineLoadOptions { Parameters = request.Parameters });
        return loaded.Definition
            ?? throw new PipelineException(
                loaded.Problems.FirstOrDefault(IsNotRegistered)?.Code ?? "pipeline-invalid",
                $"the pipeline that run {runId} was started with is not valid in this version: {string.Join("; ", loaded.Problems.Take(3))}");
    }

    private static bool IsNotRegistered(PipelineProblem problem) =>
        problem.Code is PipelineProblemCodes.TrainerNotRegistered or PipelineProblemCodes.TransformNotRegistered;

    internal Task WriteAsync<T>(string runId, string file, T value, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken) =>
        store.WriteJsonAsync(BlobNames.Run(runId, file), value, typeInfo, BlobCondition.None, cancellationToken);

    internal Task WriteTextAsync(string runId, string file, string text, CancellationToken cancellationToken) =>
        store.WriteBytesAsync(BlobNames.Run(runId, file), Encoding.UTF8.GetBytes(text), BlobCondition.None, cancellationToken);

    /// <summary>Whether the first step of a run is done, which plans it. Until then nobody may have taken it up.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public Task<bool> IsPlannedAsync(RunRecord run, CancellationToken cancellationToken = default) =>
        store.ExistsAsync(BlobNames.Run(run.RunId, run.Stage == RunStage.Score ? ScoringFile : PlanFile), cancellationToken);

    /// <summary>Opens the closed record of a failed run again.</summary>
    /// <returns>The record before and after.</returns>
    /// <exception cref="PipelineException"><c>run-not-failed</c>.</exception>
    internal async Task<(RunRecord Failed, RunRecord Open)> ReopenAsync(string runId, CancellationToken cancellationToken)
    {
        var name = BlobNames.Run(runId, RecordFile);
        var (failed, etag) = await store.ReadJsonAsync(name, PipelinesJson.Default.RunRecord, ct: cancellationToken)
            ?? throw new PipelineException("run-not-found", $"the record of run {runId} is gone from {store.Description}");
        if (failed.Status != RunStatus.Failed)
        {
            throw new PipelineException(
                "run-not-failed", $"run {runId} is {failed.Status.ToString().ToLowerInvariant()}; only a failed run can be rewound, others can be restarted");
        }

        var open = failed with { Status = RunStatus.Running, Failure = null, Summary = null, FinishedAt = null };
        await store.WriteBytesAsync(BlobNames.Unfinished(failed.Pipeline) + runId, ReadOnlyMemory<byte>.Empty, BlobCondition.None, cancellationToken);
        await store.WriteJsonAsync(name, open, PipelinesJson.Default.RunRecord, BlobCondition.IfMatch(etag), cancellationToken);
        return (failed, open);
    }

    /// <summary>Closes a record again that was opened for nothing.</summary>
    internal Task RecloseAsync(RunRecord failed, CancellationToken cancellationToken) => ChangeAsync(failed.RunId, _ => failed, cancellationToken);

    /// <summary>Changes a run's record by compare-and-swap; a record that has ended stays as it is.</summary>
    internal async Task<RunRecord> UpdateAsync(string runId, Func<RunRecord, RunRecord> change, CancellationToken cancellationToken)
    {
        var (record, changed) = await ChangeAsync(runId, change, cancellationToken);
        if (changed && record.Status != RunStatus.Running)
        {
            RunEndMetrics.Add(record);
        }

        return record;
    }

    private async Task<(RunRecord Record, bool Changed)> ChangeAsync(string runId, Func<RunRecord, RunRecord> change, CancellationToken cancellationToken)
    {
        var name = BlobNames.Run(runId, RecordFile);
        while (true)
        {
            var (record, etag) = await store.ReadJsonAsync(name, PipelinesJson.Default.RunRecord, ct: cancellationToken)
                ?? throw new PipelineException("run-not-found", $"the record of run {runId} is gone from {store.Description}");
            if (record.Status != RunStatus.Running)
            {
                return (record, false);
            }

            try
            {
                var changed = change(record);
                changed = changed.Status == RunStatus.Running ? changed : changed with { Waiting = null };
                await store.WriteJsonAsync(name, changed, PipelinesJson.Default.RunRecord, BlobCondition.IfMatch(etag), cancellationToken);
                if (changed.Status != RunStatus.Running)
                {
                    // A crash before this leaves a mark of a run that has ended, which misleads nobody: the record is read.
                    await store.DeleteAsync(BlobNames.Unfinished(changed.Pipeline) + runId, BlobCondition.None, cancellationToken);
                }

                return (changed, true);
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another step wrote first: apply the change to what it wrote.
            }
        }
    }

    internal async Task<T> RequireAsync<T>(string runId, string file, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
        where T : class =>
        await FindAsync(runId, file, typeInfo, cancellationToken)
        ?? throw new PipelineException("run-incomplete", $"run {runId} has no {file} in {store.Description}");

    private async Task<T?> FindAsync<T>(string runId, string file, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
        where T : class =>
        (await store.ReadJsonAsync(BlobNames.Run(runId, file), typeInfo, ct: cancellationToken))?.Value;
}
