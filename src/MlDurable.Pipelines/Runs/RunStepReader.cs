using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>Tells what an engine's live events mean for a run: which partition, which candidate. One reader for one run.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class RunStepReader(IBlobStore store, string runId)
{
    private RunPlan? plan;
    private ScoringPlan? scoring;
    private ImmutableArray<CandidatePlan> candidates = [];
    private ImmutableArray<string> candidateNames = [];

    /// <summary>Reads an activity's event.</summary>
    /// <param name="activity">The activity's name.</param>
    /// <param name="state">What happened to it.</param>
    /// <param name="input">Its input as JSON; null when the engine does not say.</param>
    /// <param name="output">Its result as JSON; null unless it finished.</param>
    /// <param name="cancellationToken">Cancels the reading of the plan.</param>
    public async Task<RunStep> ReadAsync(
        string activity, RunStepState state, string? input, string? output, CancellationToken cancellationToken = default)
    {
        var step = new RunStep(runId, activity, state);
        if (activity == FlowSteps.Validate.Name || activity == FlowSteps.Featurize.Name)
        {
            var known = await PlanAsync(cancellationToken);
            var index = Parse(input, FlowJson.Default.PartitionRef)?.Index;
            var result = Parse(output, FlowJson.Default.PartitionResult);
            return step with
            {
                Index = index,
                Count = known?.Partitions.Length,
                Name = index is { } place ? known?.Partitions[place].Name : null,
                Passed = result?.Passed,
                Reused = result?.Reused,
            };
        }

        if (activity == ScoreSteps.Score.Name)
        {
            scoring ??= await new RunStore(store).ScoringAsync(runId, cancellationToken);
            var index = Parse(input, FlowJson.Default.PartitionRef)?.Index;
            var result = Parse(output, FlowJson.Default.PartitionScore);
            return step with
            {
                Index = index,
                Count = scoring?.Partitions.Length,
                Name = index is { } place ? scoring?.Partitions[place].Name : null,
                Passed = result?.Passed,
                Reused = result?.Reused,
            };
        }

        if (activity == FlowSteps.Train.Name)
        {
            var known = await PlanAsync(cancellationToken);
            var (index, rung) = Parse(input, FlowJson.Default.CandidateRef) is { } trained ? ((int?)trained.Index, trained.Rung) : (null, null);
            var result = Parse(output, FlowJson.Default.CandidateScore);
            return step with
            {
                Index = index,
                Count = known?.MostCandidates,
                Name = index is { } place && known is not null ? await NameAsync(known, place, cancellationToken) + ShareOf(known, rung) : null,
                Value = result?.Primary,
                Reused = result?.Reused,
            };
        }

        return step with { Waiting = (await WaitingAsync(activity, state, cancellationToken))?.Waiting };
    }

    /// <summary>The step by which the run waits for a person; null when it does not.</summary>
    public Task<RunStep?> WaitingAsync(CancellationToken cancellationToken = default) =>
        WaitingAsync(FlowSteps.RequestApproval.Name, RunStepState.Finished, cancellationToken);

    private async Task<RunStep?> WaitingAsync(string activity, RunStepState state, CancellationToken cancellationToken) =>
        activity == FlowSteps.RequestApproval.Name
        && state == RunStepState.Finished
        && await new RunStore(store).FindAsync(runId, cancellationToken) is { Waiting: { } waiting }
            ? new RunStep(runId, activity, state) { Waiting = waiting }
            : null;

    /// <summary>The candidates that have a result already, be it on a part of the rows, so that a watcher of a run that continues knows where it stands.</summary>
    public async Task<IReadOnlySet<int>> FinishedCandidatesAsync(CancellationToken cancellationToken = default)
    {
        var finished = new SortedSet<int>();
        if (await PlanAsync(cancellationToken) is { } known)
        {
            foreach (var candidate in await new RunStore(store).CandidatesAsync(runId, known, cancellationToken))
            {
                var file = known.Halving is not null && candidate.Trainer != RunPlanner.Baseline
                    ? RunStore.RungFile(candidate.Index, 0)
                    : RunStore.CandidateFile(candidate.Index);
                if (await store.ExistsAsync(BlobNames.Run(runId, file), cancellationToken))
                {
                    finished.Add(candidate.Index);
                }
            }
        }

        return finished;
    }

    private async Task<RunPlan?> PlanAsync(CancellationToken cancellationToken) =>
        plan ??= await new RunStore(store).PlanAsync(runId, cancellationToken);

    /// <summary>The name of a candidate; what its search has proposed is read again when it is not among what is known.</summary>
    private async Task<string?> NameAsync(RunPlan known, int index, CancellationToken cancellationToken)
    {
        if (Place() < 0)
        {
            candidates = await new RunStore(store).CandidatesAsync(runId, known, cancellationToken);
            candidateNames = CandidateNames.Of(candidates, known.Search);
        }

        return Place() is var place and >= 0 ? candidateNames[place] : null;

        int Place() => candidates.Select(candidate => candidate.Index).ToList().IndexOf(index);
    }

    /// <summary>Which part of the rows a candidate is fitted on, as the end of its name; nothing where on all.</summary>
    private static string ShareOf(RunPlan known, int? rung) =>
        rung is { } place && known.Halving?.Divisor(place) is > 1 and var divisor ? $" on 1/{divisor} of the rows" : "";

    private static T? Parse<T>(string? json, JsonTypeInfo<T> typeInfo)
        where T : class => json is null ? null : JsonSerializer.Deserialize(json, typeInfo);
}
