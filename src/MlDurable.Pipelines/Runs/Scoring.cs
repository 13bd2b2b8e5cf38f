using System.Collections.Immutable;

namespace MlDurable.Pipelines.Runs;

/// <summary>A partition to be scored.</summary>
/// <param name="Name">The blob's name, without the <c>data/</c> container.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ETag">The content that is scored, and no other.</param>
public sealed record ScoringPartition(string Name, long Length, string ETag);

/// <summary>What a scoring run will do: <c>runs/&lt;run id&gt;/scoring.json</c>.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that scores: the alias may have moved since.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="Known">Partitions that had predictions of their present content by this version.</param>
/// <param name="Partitions">The others, ordered by name.</param>
public sealed record ScoringPlan(
    string Pipeline, string Model, int Version, string ModelHash, int Known, ImmutableArray<ScoringPartition> Partitions);

/// <summary>Where a file of predictions comes from: <c>predictions/&lt;pipeline&gt;/&lt;version&gt;/&lt;partition&gt;.json</c>.</summary>
/// <param name="Partition">The partition's name, without the <c>data/</c> container.</param>
/// <param name="ETag">The ETag of the content that was scored.</param>
/// <param name="Hash">SHA-256 of that content.</param>
/// <param name="Rows">Rows scored.</param>
/// <param name="Positives">Rows of them that the model calls positive; null unless labels are binary.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that scored.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="RunId">The run that scored.</param>
/// <param name="ScoredAt">When, in UTC.</param>
public sealed record PredictionLineage(
    string Partition,
    string ETag,
    string Hash,
    long Rows,
    long? Positives,
    string Model,
    int Version,
    string ModelHash,
    string RunId,
    DateTimeOffset ScoredAt)
{
    /// <summary>Columns with cells that could not be read as the model's data has them; they counted as missing.</summary>
    public ImmutableArray<Learning.Tables.TypeErrors> TypeErrors { get => field.IsDefault ? [] : field; init; }
}

/// <summary>Why a partition could not be scored: <c>runs/&lt;run id&gt;/unscored/&lt;n&gt;.json</c>.</summary>
/// <param name="Partition">The partition's name.</param>
/// <param name="Code">A stable code, such as <c>csv-ragged-row</c>, <c>signature-mismatch</c> or <c>blob-changed</c>.</param>
/// <param name="Message">What was found, where, and what to do.</param>
public sealed record ScoringFinding(string Partition, string Code, string Message);

/// <summary>What a scoring run did.</summary>
/// <param name="Version">The version that scored.</param>
/// <param name="ModelHash">SHA-256 of its model file.</param>
/// <param name="Partitions">Partitions that match the pipeline's pattern.</param>
/// <param name="Scored">Partitions scored by this run; all others but the failed ones had their predictions.</param>
/// <param name="Rows">Rows scored by this run.</param>
/// <param name="Positives">Rows of them that the model calls positive; null unless labels are binary.</param>
/// <param name="Failed">The first partitions, at most 100, that could not be scored, ordered as in the plan.</param>
/// <param name="FailedCount">How many could not be scored.</param>
public sealed record ScoringWork(
    int Version, string ModelHash, int Partitions, int Scored, long Rows, long? Positives, ImmutableArray<ScoringFinding> Failed, int FailedCount);
