using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using MlDurable.Learning.Tables;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Scores one partition, once for a content and a version: its predictions are streamed into the store, then their lineage is written.</summary>
internal sealed class ScoreActivity(FlowServices services) : Activity<PartitionRef, PartitionScore>
{
    public override async Task<PartitionScore> RunAsync(ActivityContext context, PartitionRef input)
    {
        var cancellation = context.CancellationToken;
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.ScoringFile, PipelinesJson.Default.ScoringPlan, cancellation);
        var partition = plan.Partitions[input.Index];
        try
        {
            var lineage = await ScoreAsync(input.RunId, plan, partition, cancellation);

            // A repeated attempt finds what the one before it wrote: that is this run's work.
            return lineage.RunId == input.RunId
                ? new PartitionScore(input.Index, partition.Name, Passed: true, Reused: false, lineage.Rows, lineage.Positives)
                : new PartitionScore(input.Index, partition.Name, Passed: true, Reused: true, 0, 0);
        }
        catch (Exception exception) when (FindingOf(exception, partition.Name) is not null)
        {
            await services.Runs.WriteAsync(
                input.RunId,
                RunStore.UnscoredFile(input.Index),
                FindingOf(exception, partition.Name)!,
                PipelinesJson.Default.ScoringFinding,
                cancellation);
            return new PartitionScore(input.Index, partition.Name, Passed: false, Reused: false, 0, 0);
        }
    }

    /// <summary>What is wrong with the partition; null when the failure is not the partition's.</summary>
    private static ScoringFinding? FindingOf(Exception exception, string partition) => exception switch
    {
        CsvException csv => new ScoringFinding(partition, csv.Code, csv.Message),
        PipelineException { Code: "signature-mismatch" } mismatch => new ScoringFinding(partition, mismatch.Code, mismatch.Message),
        BlobStoreException { Code: BlobStoreErrorCodes.BlobChanged or BlobStoreErrorCodes.BlobNotFound } changed => new ScoringFinding(
            partition, changed.Code, "it was replaced or deleted after the run was planned; the next run scores what is there then"),
        BlobStoreException { Code: BlobStoreErrorCodes.InvalidBlobName } name => new ScoringFinding(partition, name.Code, name.Message),
        _ => null,
    };

    private async Task<PredictionLineage> ScoreAsync(
        string runId, ScoringPlan plan, ScoringPartition partition, CancellationToken cancellationToken)
    {
        var lineageName = BlobNames.PredictionLineage(plan.Pipeline, plan.Version, partition.Name);
        var predictionsName = BlobNames.Predictions(plan.Pipeline, plan.Version, partition.Name);
        while (true)
        {
            var known = await services.Store.GetPropertiesAsync(lineageName, cancellationToken);
            if (known is not null
                && await services.Store.FindSoundAsync(lineageName, PipelinesJson.Default.PredictionLineage, cancellationToken) is { } lineage
                && lineage.ETag == partition.ETag)
            {
                return lineage;
            }

            try
            {
                // The lineage is written last and vouches for the predictions: a crash between the two leaves a partition that is scored again.
                var before = await services.Store.GetPropertiesAsync(predictionsName, cancellationToken);
                var made = await WriteAsync(runId, plan, partition, predictionsName, ConditionOf(before), cancellationToken);
                await services.Store.WriteJsonAsync(
                    lineageName, made, PipelinesJson.Default.PredictionLineage, ConditionOf(known), cancellationToken);
                return made;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another run scored it meanwhile: look at what it left.
            }
        }
    }

    private static BlobCondition ConditionOf(BlobProperties? present) =>
        present is { } blob ? BlobCondition.IfMatch(blob.ETag) : BlobCondition.IfAbsent;

    /// <summary>Streams the predictions into the store while they are made: neither the rows nor the predictions are held in memory.</summary>
    private async Task<PredictionLineage> WriteAsync(
        string runId, ScoringPlan plan, ScoringPartition partition, string predictionsName, BlobCondition condition, CancellationToken cancellationToken)
    {
        var predictor = await services.Predictors.GetAsync(plan.Model, plan.Version).WaitAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipe = new Pipe();
        var scoring = ScoreAsync(predictor, partition, pipe.Writer, stop.Token);
        try
        {
            await using var predictions = pipe.Reader.AsStream();
            await services.Store.WriteAsync(predictionsName, predictions, condition, cancellationToken);
        }
        catch
        {
            await stop.CancelAsync();
            await ((Task)scoring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (scoring.IsFaulted)
            {
                // The store failed because what it was to write failed.
                await scoring;
            }

            throw;
        }

        var (scored, hash) = await scoring;
        return new PredictionLineage(
            partition.Name,
            partition.ETag,
            hash,
            scored.Rows,
            scored.Positives,
            plan.Model,
            plan.Version,
            plan.ModelHash,
            runId,
            services.TimeProvider.GetUtcNow())
        {
            TypeErrors = scored.TypeErrors,
        };
    }

    private async Task<(ScoredFile Scored, string Hash)> ScoreAsync(
        Predictor predictor, ScoringPartition partition, PipeWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using var reader = await services.Store.OpenReadAsync(BlobNames.Data + partition.Name, partition.ETag, cancellationToken);
            using var hash = SHA256.Create();
            await using var content = new CryptoStream(reader.Content, hash, CryptoStreamMode.Read, leaveOpen: true);
            ScoredFile scored;
            await using (var writer = new StreamWriter(output.AsStream(leaveOpen: true), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                scored = await new CsvScoring(predictor).ScoreAsync(content, writer, cancellationToken: cancellationToken);
            }

            // The hash is that of the whole content, and the store verifies the content at its end.
            await content.CopyToAsync(Stream.Null, cancellationToken);
            await output.CompleteAsync();
            return (scored, Convert.ToHexStringLower(hash.Hash!));
        }
        catch (Exception exception)
        {
            await output.CompleteAsync(exception);
            throw;
        }
    }
}
