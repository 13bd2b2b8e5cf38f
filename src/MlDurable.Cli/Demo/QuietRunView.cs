using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Demo;

/// <summary>Shows nothing: the story sums each run up when it has ended.</summary>
internal sealed class QuietRunView : IRunView
{
    public void AlreadyFinished(IReadOnlySet<int> candidates)
    {
        // Summed up at the end.
    }

    public void Happened(RunStep step)
    {
        // Summed up at the end.
    }
}
