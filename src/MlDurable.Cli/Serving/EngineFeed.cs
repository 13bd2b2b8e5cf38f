using MlDurable.Cli.Running;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;
using MlDurable.Server;

namespace MlDurable.Cli.Serving;

/// <summary>Tells the server what the embedded engine tells.</summary>
internal static class EngineFeed
{
    public static void Publish(RunFeed feed, EngineEvent happened)
    {
        var state = happened.Kind.StepState();
        if (state is not null || happened.Kind.EndsInstance())
        {
            feed.Publish(new RunHappening(happened.InstanceId, state, happened.Name)
            {
                Input = happened.Input,
                Output = happened.Result,
                Fraction = happened.Fraction,
                Message = happened.Failure?.ErrorMessage,
            });
        }
    }
}
