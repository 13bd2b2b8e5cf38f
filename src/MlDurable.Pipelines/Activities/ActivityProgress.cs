using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Activities;

/// <summary>Passes the progress of long work on to whoever watches the run.</summary>
internal sealed class ActivityProgress(ActivityContext context) : IProgress<double>
{
    public void Report(double value) => context.ReportProgress(value);
}
