using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>Shows a run as JSON, one line for each event.</summary>
internal sealed class JsonRunView(Terminal terminal) : IRunView
{
    public void AlreadyFinished(IReadOnlySet<int> candidates)
    {
        // What was done before is in the records; a program counts only what it is told happens now.
    }

    public void Happened(RunStep step) => terminal.Json(new ProgressLine("step") { Step = step }, CliJson.Default.ProgressLine);
}
