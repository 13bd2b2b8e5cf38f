using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>
/// Fits one candidate and scores it on the validation rows, and cross-validates it where that is asked for: each fit once, if an identical one is not there.
/// </summary>
internal sealed class TrainActivity(FlowServices services) : Activity<CandidateRef, CandidateScore>
{
    public override async Task<CandidateScore> RunAsync(ActivityContext context, CandidateRef input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var lineage = await services.Runs.RequireAsync(input.RunId, RunStore.DatasetFile, PipelinesJson.Default.DatasetLineage, cancellation);
        var candidate = (await services.Runs.CandidatesAsync(input.RunId, plan, cancellation)).First(candidate => candidate.Index == input.Index);
        var divisor = input.Rung is { } rung ? plan.Halving!.Divisor(rung) : 1;
        var work = new Work(pipeline, plan, lineage, candidate, divisor, new ActivityProgress(context), cancellation);

        // What a part of the rows tells is no more than who goes on; it is not worth folds.
        var (folds, isTested) = work.IsPartial ? (null, false) : await CrossValidateAsync(work);
        var result = await FindAsync(work) ?? await FitAsync(work);
        result = result with { Reused = result.Reused && !isTested, CrossValidation = folds };

        var file = work.IsPartial ? RunStore.RungFile(candidate.Index, input.Rung!.Value) : RunStore.CandidateFile(candidate.Index);
        await services.Runs.WriteAsync(input.RunId, file, result, PipelinesJson.Default.CandidateResult, cancellation);
        var primary = result.Figure(pipeline.Evaluate.Primary);
        return new CandidateScore(candidate.Index, double.IsNaN(primary) ? null : primary, result.Reused, work.IsPartial);
    }

    /// <summary>Tests the candidate on every fold. A fold that was tested before, by this run or another, is not fitted again.</summary>
    /// <returns>What it reached, null without a cross-validation; and whether any fold was fitted.</returns>
    private async Task<(CrossValidation? Folds, bool IsTested)> CrossValidateAsync(Work work)
    {
        if (work.Pipeline.Train.CrossValidation is not { } definition)
        {
            return (null, false);
        }

        var results = new List<FoldResult>();
        var divided = new Lazy<Task<ImmutableArray<Fold>>>(async () =>
            Folds.Divide(await services.Datasets.GetAsync(work.Plan.Pipeline, work.Lineage).WaitAsync(work.Cancellation), definition));
        foreach (var (place, key) in CandidateTraining.FoldIdentities(work.Lineage, work.Pipeline, work.Candidate, work.Plan.Seed).Index())
        {
            var record = BlobNames.TestedFold(work.Plan.Pipeline, key);
            var result = await services.Store.FindSoundAsync(record, PipelinesJson.Default.FoldResult, work.Cancellation);
            if (result is null)
            {
                try
                {
                    result = await TestAsync(work, (await divided.Value)[place], new ProgressShare(work.Progress, place, definition.Folds + 1));
                }
                catch (LearningException exception)
                {
                    throw new PipelineException(exception.Code, $"fold {place + 1} of {definition}: {exception.Message}", exception);
                }

                await services.Store.WriteJsonAsync(record, result, PipelinesJson.Default.FoldResult, BlobCondition.None, work.Cancellation);
            }

            results.Add(result);
        }

        return (CrossValidation.Of(definition.By.ToString().ToLowerInvariant(), [.. results]), divided.IsValueCreated);
    }

    private async Task<FoldResult> TestAsync(Work work, Fold fold, IProgress<double> progress)
    {
        var dataset = await services.Datasets.GetAsync(work.Plan.Pipeline, work.Lineage).WaitAsync(work.Cancellation);
        var (trained, seconds) = await FitAsync(work, dataset.Take(fold.Training), dataset.Take(fold.Validation), progress);
        return new FoldResult(fold.Training.Length, fold.Validation.Length, fold.Test.Length, Evaluate(trained.Model, dataset.Take(fold.Test)), seconds);
    }

    /// <summary>The result of an identical fit; null when there is none, or its model is gone or damaged.</summary>
    private async Task<CandidateResult?> FindAsync(Work work)
    {
        var record = BlobNames.TrainedCandidate(work.Plan.Pipeline, work.Key);
        var result = await services.Store.FindSoundAsync(record, PipelinesJson.Default.CandidateResult, work.Cancellation);

        // An identical candidate may have another place in this run's search.
        return result is not null && await HasModelAsync(result, work.Cancellation) ? result with { Index = work.Candidate.Index, Reused = true } : null;
    }

    private async Task<bool> HasModelAsync(CandidateResult result, CancellationToken cancellationToken)
    {
        if (!await services.Store.ExistsAsync(result.ModelBlob, cancellationToken))
        {
            return false;
        }

        await using var reader = await services.Store.OpenReadAsync(result.ModelBlob, ct: cancellationToken);
        return await ContentHash.OfAsync(reader.Content, cancellationToken) == result.ModelHash;
    }

    private async Task<CandidateResult> FitAsync(Work work)
    {
        var dataset = await services.Datasets.GetAsync(work.Plan.Pipeline, work.Lineage).WaitAsync(work.Cancellation);
        var validation = dataset.Take(dataset.Indexes(RowPart.Validation));
        var training = dataset.TrainingShare(work.Divisor);
        var folds = work.IsPartial ? 0 : work.Pipeline.Train.CrossValidation?.Folds ?? 0;
        var (trained, seconds) = await FitAsync(work, dataset.Take(training), validation, new ProgressShare(work.Progress, folds, folds + 1));

        var modelBlob = BlobNames.TrainedModel(work.Plan.Pipeline, work.Key);
        using var file = new MemoryStream(trained.File);
        await services.Store.WriteAsync(modelBlob, file, BlobCondition.None, work.Cancellation);
        var result = new CandidateResult(
            work.Candidate.Index,
            work.Candidate.Trainer,
            work.Candidate.Hyperparameters,
            Evaluate(trained.Model, validation),
            modelBlob,
            trained.Hash,
            seconds,
            Reused: false)
        {
            TrainingRows = work.IsPartial ? training.Length : null,
        };
        await services.Store.WriteJsonAsync(
            BlobNames.TrainedCandidate(work.Plan.Pipeline, work.Key), result, PipelinesJson.Default.CandidateResult, BlobCondition.None, work.Cancellation);
        return result;
    }

    private async Task<(FittedCandidate Trained, double Seconds)> FitAsync(Work work, LabeledRows training, LabeledRows validation, IProgress<double> progress)
    {
        var started = services.TimeProvider.GetTimestamp();
        var trained = await Task.Run(
            () => CandidateTraining.Fit(
                training,
                validation,
                work.Pipeline,
                work.Candidate.Trainer,
                work.Candidate.Hyperparameters,
                work.Plan.Seed,
                progress,
                work.Cancellation),
            work.Cancellation);
        return (trained, services.TimeProvider.GetElapsedTime(started).TotalSeconds);
    }

    private static ImmutableSortedDictionary<string, double> Evaluate(TrainedModel model, LabeledRows rows)
    {
        var scores = model.Predict(rows.Features);
        return MetricCatalog.Of(rows.Target.Task).ToImmutableSortedDictionary(metric => metric.Name, metric => metric.Evaluate(rows.Labels, scores, model.Threshold));
    }

    /// <summary>One candidate of a run, with all that its fits depend on.</summary>
    private sealed record Work(
        PipelineDefinition Pipeline,
        RunPlan Plan,
        DatasetLineage Lineage,
        CandidatePlan Candidate,
        int Divisor,
        IProgress<double> Progress,
        CancellationToken Cancellation)
    {
        /// <summary>Whether it is fitted on a part of the training rows.</summary>
        public bool IsPartial => Divisor > 1;

        public string Key { get; } = CandidateTraining.Identity(Lineage, Pipeline, Candidate, Plan.Seed, Divisor);
    }
}
