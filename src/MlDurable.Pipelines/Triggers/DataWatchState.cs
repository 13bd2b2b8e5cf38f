using System.Collections.Immutable;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Triggers;

/// <summary>What is known about the arriving data of one pipeline.</summary>
/// <param name="Waiting">How many blobs wait for a run.</param>
/// <param name="WaitingBytes">Their bytes.</param>
/// <param name="Blobs">The first hundred of them in the order of arrival.</param>
/// <param name="OldestSince">Since when the oldest waits; null when none waits.</param>
/// <param name="NotFolded">How many groups of notifications the next tick will add.</param>
/// <param name="StartingRun">The run that is being started; null when none is.</param>
/// <param name="StartingBlobs">How many blobs it is given.</param>
/// <param name="Given">How many blobs were given to runs and not forgotten since.</param>
/// <param name="ListingCursor">Where the listing that is under way goes on; null between two.</param>
/// <param name="ListedAt">When the last whole listing ended; null before the first has.</param>
/// <param name="ListedBlobs">How many matching blobs it found.</param>
public sealed record DataWatchState(
    int Waiting,
    long WaitingBytes,
    ImmutableArray<TriggerBlob> Blobs,
    DateTimeOffset? OldestSince,
    int NotFolded,
    string? StartingRun,
    int StartingBlobs,
    int Given,
    string? ListingCursor,
    DateTimeOffset? ListedAt,
    long ListedBlobs);
