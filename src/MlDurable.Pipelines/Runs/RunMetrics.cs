namespace MlDurable.Pipelines.Runs;

/// <summary>The meter of runs, and the names of those of its metrics that alerts ask for.</summary>
public static class RunMetrics
{
    /// <summary>The meter.</summary>
    public const string MeterName = "MlDurable.Runs";

    /// <summary>A counter of runs that ended, by <c>pipeline</c>, <c>status</c> and <c>outcome</c>.</summary>
    public const string Finished = "mldurable.runs.finished";

    /// <summary>A counter of partitions that broke an expectation in a run, by <c>pipeline</c>.</summary>
    public const string PartitionsQuarantined = "mldurable.partitions.quarantined";

    /// <summary>A gauge: how long, in seconds, the run has waited that was started first of those whose first step is not done; 0 when none waits.</summary>
    public const string WaitingAge = "mldurable.runs.waiting.age";
}
