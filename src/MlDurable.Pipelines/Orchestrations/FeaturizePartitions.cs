using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The flow without its learning: plan, validate, featurize, report.</summary>
internal sealed class FeaturizePartitions : RunOrchestrator
{
    protected override async Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run)
    {
        var (_, _, work, stops) = await PrepareAsync(context, run);
        var outcome = stops ? RunOutcome.Quarantined
            : work is { Validated: 0, Featurized: 0 } ? RunOutcome.Unchanged
            : RunOutcome.Featurized;
        return await FinishAsync(context, new FinishInput(run.RunId, outcome, null, work with { Candidates = 0 }));
    }
}
