using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A run that should have followed another and could not be started.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="EndedRun">The run that it should have followed.</param>
/// <param name="Code">A stable code, such as <c>after-chain-too-long</c>.</param>
/// <param name="Message">What was found, and what to do.</param>
public sealed record AfterProblem(string Pipeline, string EndedRun, string Code, string Message);

/// <summary>What came of a look at ended runs.</summary>
/// <param name="Started">The runs that were started.</param>
/// <param name="Problems">What could not be started; it is not tried again.</param>
public sealed record AfterTickResult(ImmutableArray<string> Started, ImmutableArray<AfterProblem> Problems);

/// <summary>Starts the runs that follow the ends of others. Any number of hosts may call it, each for its own store and engine. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="starter">Starts runs.</param>
/// <param name="claims">The claims of this host.</param>
/// <param name="deployments">The pipelines that may follow.</param>
public sealed class AfterTick(IBlobStore store, IRunStarter starter, ClaimStore claims, PipelineDeployments deployments)
{
    /// <summary>How many runs may follow each other: pipelines that start one another in a circle end there.</summary>
    public const int MaxDepth = 32;

    private readonly RunStore runs = new(store);

    /// <summary>Looks at all ended runs that are not settled, and starts what follows them: once each, also when several hosts look or one dies.</summary>
    /// <param name="cancellationToken">Cancels between two starts; what is left is done by the next call.</param>
    public async Task<AfterTickResult> TickAsync(CancellationToken cancellationToken = default)
    {
        var tick = new Tick();
        await foreach (var blob in store.ListAsync(BlobNames.EndedRuns, ct: cancellationToken))
        {
            if (await store.ReadJsonAsync(blob.Name, PipelinesJson.Default.EndedRun, ct: cancellationToken) is not var (ended, _))
            {
                continue;
            }

            var run = await runs.FindAsync(ended.RunId, cancellationToken);
            if (run is { Status: RunStatus.Running })
            {
                // About to end: its last step is being made, or made again after a crash.
                continue;
            }

            var settled = true;
            if (run is { Status: RunStatus.Completed })
            {
                foreach (var pipeline in ended.Deployed)
                {
                    settled &= await FollowAsync(tick, pipeline, run, ended, cancellationToken);
                }
            }

            if (settled)
            {
                await store.DeleteAsync(blob.Name, BlobCondition.None, cancellationToken);
            }
        }

        return new AfterTickResult([.. tick.Started], [.. tick.Problems]);
    }

    /// <summary>Starts a pipeline's run if it follows the one that ended.</summary>
    /// <returns>Whether nothing is left to do.</returns>
    private async Task<bool> FollowAsync(Tick tick, string pipeline, RunRecord run, EndedRun ended, CancellationToken cancellationToken)
    {
        try
        {
            if (await SourceAsync(tick, pipeline, cancellationToken) is not { } source
                || source.Definition.Triggers.After.FirstOrDefault(after => after.Pipeline == run.Pipeline && Matches(after.On, run)) is not { } after)
            {
                return true;
            }

            if (run.Trigger.Depth >= MaxDepth)
            {
                throw new PipelineException(
                    "after-chain-too-long",
                    $"run {run.RunId} of '{run.Pipeline}' is the end of {MaxDepth} runs that followed each other; '{pipeline}' does not follow it: "
                    + "do the pipelines start each other in a circle? Look at their `after` triggers");
            }

            var claim = $"after/{pipeline}/{run.RunId}";
            var runId = RunIds.Of(ended.EndedAt, "after", pipeline, run.RunId);
            if (!await claims.TryTakeAsync(claim, runId, cancellationToken))
            {
                // Another host's to start; if it dies before, the claim is taken over at a later tick.
                return await claims.FindAsync(claim, cancellationToken) is not { } taken
                    || await runs.FindAsync(taken.RunId, cancellationToken) is not null;
            }

            var start = new RunStart(runId, source, $"after:{run.Pipeline}")
            {
                Stage = after.Stage,
                Trigger = new RunTrigger(RunTriggerKind.After) { Name = run.RunId, Depth = run.Trigger.Depth + 1 },
            };
            if (await starter.StartAsync(start, cancellationToken))
            {
                tick.Started.Add(runId);
            }
        }
        catch (PipelineException exception)
        {
            tick.Problems.Add(new AfterProblem(pipeline, run.RunId, exception.Code, exception.Message));
        }

        return true;
    }

    private static bool Matches(AfterEvent on, RunRecord run) => on == AfterEvent.Succeeded || run.Outcome == RunOutcome.Promoted;

    /// <summary>The deployed version of a pipeline, read once in a tick; null when it is not deployed any more.</summary>
    private async Task<PipelineSource?> SourceAsync(Tick tick, string pipeline, CancellationToken cancellationToken)
    {
        if (!tick.Sources.TryGetValue(pipeline, out var source))
        {
            source = await deployments.FindAsync(pipeline, cancellationToken) is { } deployment
                ? await deployments.ReadAsync(deployment, cancellationToken: cancellationToken)
                : null;
            tick.Sources.Add(pipeline, source);
        }

        return source;
    }

    private sealed class Tick
    {
        public List<string> Started { get; } = [];

        public List<AfterProblem> Problems { get; } = [];

        public Dictionary<string, PipelineSource?> Sources { get; } = new(StringComparer.Ordinal);
    }
}
