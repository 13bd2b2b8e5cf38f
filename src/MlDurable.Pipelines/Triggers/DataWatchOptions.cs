namespace MlDurable.Pipelines.Triggers;

/// <summary>The settings of a <see cref="DataWatch"/>.</summary>
public sealed record DataWatchOptions
{
    /// <summary>
    /// How long a blob that was found by a listing or a file watcher must stay the same before it is given to a run; 10 seconds by default. A file that
    /// is copied slowly into the data folder grows for a while. Zero is right for Azure, which shows a blob only when its upload is committed.
    /// </summary>
    public TimeSpan SettleFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many blobs one call of <see cref="DataWatch.ReconcileAsync"/> lists for each pipeline; 200,000 by default.</summary>
    public int BlobsPerReconcile { get; init; } = 200_000;

    /// <summary>How long a notification may be judged by the deployments as they were read last; 5 seconds by default.</summary>
    public TimeSpan DeploymentsFor { get; init; } = TimeSpan.FromSeconds(5);
}
