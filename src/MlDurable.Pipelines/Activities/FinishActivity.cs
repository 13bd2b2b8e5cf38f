using System.Collections.Immutable;
using System.Text;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Searching;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Promotion;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Writes the report and the card, and closes the run's record.</summary>
internal sealed class FinishActivity(FlowServices services) : Activity<FinishInput, RunEnd>
{
    public override async Task<RunEnd> RunAsync(ActivityContext context, FinishInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var evaluation = input.Version is null ? null : await services.Runs.EvaluationAsync(input.RunId, cancellation);
        var quality = await services.Runs.QualityAsync(input.RunId, cancellation);
        var registry = await services.Registry.ReadAsync(pipeline.Promote.Model, cancellation);
        var leaderboard = await LeaderboardAsync(input, plan, pipeline, cancellation);
        var quarantined = quality.Where(partition => !partition.Passed).Select(partition => partition.Partition).ToImmutableArray();
        var before = evaluation is null ? registry.ChampionVersion : evaluation.Champion?.Version ?? evaluation.LaterChampion;

        RunRecord Close(RunRecord record) => record with
        {
            Status = RunStatus.Completed,
            Outcome = input.Outcome,
            Summary = Summary(input, evaluation, quality, registry, record.Approval),
            FinishedAt = services.TimeProvider.GetUtcNow(),
            Work = input.Work,
            Leaderboard = leaderboard,
            Version = input.Version,
            ChampionBefore = before,
            ChampionAfter = input.Outcome == RunOutcome.Promoted ? input.Version : before,
            Verdict = evaluation?.Verdict,
            Quarantined = quarantined,
        };

        // The report is written before the record says that there is one.
        var open = await services.Runs.GetExactAsync(input.RunId, cancellation);
        var report = new ReportModel
        {
            Run = Close(open),
            Plan = plan,
            Dataset = await services.Runs.DatasetAsync(input.RunId, cancellation),
            Evaluation = evaluation,
            Explanation = input.Version is null ? null : await services.Runs.ExplanationAsync(input.RunId, cancellation),
            Quality = quality,
            Registry = registry,
            Manifest = input.Version is null ? null : await services.Runs.ManifestAsync(input.RunId, cancellation),
            Warnings = [.. evaluation?.Leaks.Select(leak => $"{leak.Column} may be a leak: {leak.Why}") ?? []],
        };
        await services.Runs.WriteTextAsync(input.RunId, RunStore.ReportFile, HtmlReport.Render(report), cancellation);
        if (input.Version is { } version)
        {
            var card = ModelCard.Render(report);
            await services.Runs.WriteTextAsync(input.RunId, RunStore.CardFile, card, cancellation);
            var versionCard = BlobNames.Version(pipeline.Promote.Model, version, VersionFiles.Card);
            if (!await services.Store.ExistsAsync(versionCard, cancellation))
            {
                await services.Store.WriteBytesAsync(versionCard, Encoding.UTF8.GetBytes(card), BlobCondition.None, cancellation);
            }
        }

        var closed = await services.CompleteAsync(input.RunId, Close, cancellation);
        return new RunEnd(input.RunId, input.Outcome, closed.Summary!);
    }

    /// <summary>The candidates, best first; the baseline among them.</summary>
    private async Task<ImmutableArray<CandidateResult>> LeaderboardAsync(
        FinishInput input, RunPlan plan, PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        if (input.Version is null)
        {
            return [];
        }

        // A search that ran out of time has not come to its last candidates; the baseline was trained all the same.
        var candidates = await services.Runs.CandidatesAsync(input.RunId, plan, cancellationToken);
        var results = new List<CandidateResult>(input.Work.Candidates);
        foreach (var candidate in candidates.Take(input.Work.Candidates - 1).Append(candidates[^1]))
        {
            results.Add(plan.Halving is { } halving && candidate != candidates[^1]
                ? await HalvedAsync(input.RunId, halving, candidate.Index, cancellationToken)
                : await services.Runs.CandidateAsync(input.RunId, candidate.Index, cancellationToken));
        }

        var primary = MetricCatalog.Find(pipeline.Data.Label.Rule.Task, pipeline.Evaluate.Primary)!;
        return
        [
            .. results
                .OrderByDescending(result => result.Halving is { IsStopped: true } stopped ? stopped.Rungs.Length : int.MaxValue)
                .ThenByDescending(result => result.Figure(primary.Name) is var value && double.IsNaN(value)
                    ? double.NegativeInfinity
                    : primary.HigherIsBetter ? value : -value),
        ];
    }

    /// <summary>What a candidate reached on the highest rung that it came to, and on those below.</summary>
    private async Task<CandidateResult> HalvedAsync(string runId, SuccessiveHalving halving, int index, CancellationToken cancellationToken)
    {
        var record = await services.Runs.RequireAsync(runId, RunStore.HalvingFile, PipelinesJson.Default.HalvingRecord, cancellationToken);
        var results = new List<(int Rung, CandidateResult Result)>();
        foreach (var fit in record.Rounds.SelectMany(round => round).Where(fit => fit.Candidate == index))
        {
            results.Add((fit.Rung, await services.Runs.RungAsync(runId, halving, index, fit.Rung, cancellationToken)));
        }

        var (rung, last) = results[^1];
        return last with
        {
            Halving = new CandidateHalving(
                rung < halving.Rungs - 1,
                [.. results.Select(fit => new RungResult(halving.Divisor(fit.Rung), fit.Result.Validation, fit.Result.FitSeconds))]),
        };
    }

    private static string Summary(
        FinishInput input, Evaluation? evaluation, ImmutableArray<PartitionQuality> quality, RegistryDocument registry, ApprovalDecision? approval)
    {
        if (input.Outcome == RunOutcome.Quarantined)
        {
            var broken = quality.Where(partition => !partition.Passed).ToList();
            var champion = registry.ChampionVersion is { } version ? $"version {version} stays champion" : "there is no champion yet";
            return $"{string.Join(", ", broken.Select(Describe))}: quarantined, nothing was trained, {champion}";
        }

        if (evaluation is null)
        {
            return input.Outcome == RunOutcome.Unchanged
                ? $"nothing was new: all {input.Work.Partitions} partitions in the window were ready"
                : $"{input.Work.Validated} validated and {input.Work.Featurized} featurized of {input.Work.Partitions} partitions in the window; the others were ready";
        }

        return input.Outcome switch
        {
            RunOutcome.Unchanged => $"the best candidate is version {input.Version}, the champion itself: nothing changes",
            RunOutcome.Rejected => $"version {input.Version} passed the rules and is not promoted: {approval!.Summary}",
            _ => Outcomes.Summary(evaluation),
        };
    }

    private static string Describe(PartitionQuality broken)
    {
        var errors = broken.Findings.Count(finding => finding.Level == QualityFinding.Error);
        return $"{broken.Partition} breaks {errors} expectation{(errors == 1 ? "" : "s")}";
    }
}
