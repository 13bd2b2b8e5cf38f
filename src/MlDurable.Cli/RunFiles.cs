using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli;

/// <summary>Where the files of runs lie.</summary>
internal static class RunFiles
{
    /// <summary>Where a run's report lies; null while it has none.</summary>
    public static string? ReportOf(Workspace workspace, RunRecord run) =>
        run.Status == RunStatus.Completed && run.Scoring is null ? workspace.Locate(RunStore.FileName(run.RunId, RunStore.ReportFile)) : null;
}
