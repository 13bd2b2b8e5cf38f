using MlDurable.Orchestration;
using MlDurable.Pipelines.Activities;
using MlDurable.Pipelines.Approvals;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The orchestrators and activities of the product, ready for any engine.</summary>
public static class FlowCatalog
{
    /// <summary>Makes the catalog for one workspace.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="timeProvider">The clock of records; never decides anything.</param>
    /// <param name="approvals">How persons are asked; null for webhooks without links.</param>
    public static OrchestrationCatalog Create(IBlobStore store, TimeProvider timeProvider, ApprovalOptions? approvals = null)
    {
        var services = new FlowServices(store, timeProvider, approvals ?? new ApprovalOptions());
        return new OrchestrationCatalog()
            .AddOrchestrator(FlowSteps.TrainEvaluatePromote, () => new TrainEvaluatePromote())
            .AddOrchestrator(FlowSteps.FeaturizePartitions, () => new FeaturizePartitions())
            .AddOrchestrator(ScoreSteps.ScorePartitions, () => new ScorePartitions())
            .AddOrchestrator(BackfillSteps.BackfillRuns, () => new BackfillRuns())
            .Add(BackfillSteps.Begin, new BeginBackfillActivity(services))
            .Add(BackfillSteps.Open, new OpenBackfillRunActivity(services))
            .Add(BackfillSteps.Finish, new FinishBackfillActivity(services))
            .Add(ScoreSteps.Plan, new PlanScoringActivity(services))
            .Add(ScoreSteps.Score, new ScoreActivity(services))
            .Add(ScoreSteps.Finish, new FinishScoringActivity(services))
            .Add(FlowSteps.Plan, new PlanActivity(services))
            .Add(FlowSteps.Validate, new ValidateActivity(services))
            .Add(FlowSteps.Featurize, new FeaturizeActivity(services))
            .Add(FlowSteps.Assemble, new AssembleActivity(services))
            .Add(FlowSteps.Propose, new ProposeActivity(services))
            .Add(FlowSteps.Halve, new HalveActivity(services))
            .Add(FlowSteps.Train, new TrainActivity(services))
            .Add(FlowSteps.Evaluate, new EvaluateActivity(services))
            .Add(FlowSteps.RequestApproval, new RequestApprovalActivity(services))
            .Add(FlowSteps.NotifyApproval, new NotifyApprovalActivity(services))
            .Add(FlowSteps.SettleApproval, new SettleApprovalActivity(services))
            .Add(FlowSteps.Decide, new DecideActivity(services))
            .Add(FlowSteps.Finish, new FinishActivity(services))
            .Add(FlowSteps.Fail, new FailActivity(services));
    }

    private static OrchestrationCatalog Add<TInput, TOutput>(
        this OrchestrationCatalog catalog, ActivityDefinition<TInput, TOutput> step, Activity<TInput, TOutput> activity) =>
        catalog.AddActivity(step, new CodedActivity<TInput, TOutput>(activity));
}
