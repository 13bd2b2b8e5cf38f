using MlDurable.Orchestration;
using MlDurable.Pipelines.Activities;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The orchestrators and activities of the product, ready for any engine.</summary>
public static class FlowCatalog
{
    /// <summary>Makes the catalog for one workspace.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="timeProvider">The clock of records; never decides anything.</param>
    public static OrchestrationCatalog Create(IBlobStore store, TimeProvider timeProvider)
    {
        var services = new FlowServices(store, timeProvider);
        return new OrchestrationCatalog()
            .AddOrchestrator(FlowSteps.TrainEvaluatePromote, () => new TrainEvaluatePromote())
            .AddActivity(FlowSteps.Plan, new PlanActivity(services))
            .AddActivity(FlowSteps.Validate, new ValidateActivity(services))
            .AddActivity(FlowSteps.Featurize, new FeaturizeActivity(services))
            .AddActivity(FlowSteps.Assemble, new AssembleActivity(services))
            .AddActivity(FlowSteps.Train, new TrainActivity(services))
            .AddActivity(FlowSteps.Evaluate, new EvaluateActivity(services))
            .AddActivity(FlowSteps.Decide, new DecideActivity(services))
            .AddActivity(FlowSteps.Finish, new FinishActivity(services))
            .AddActivity(FlowSteps.Fail, new FailActivity(services));
    }
}
