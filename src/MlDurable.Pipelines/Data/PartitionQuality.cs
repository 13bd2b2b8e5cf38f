using System.Collections.Immutable;

namespace MlDurable.Pipelines.Data;

/// <summary>One expectation that a partition broke.</summary>
/// <param name="Level"><see cref="Error"/> or <see cref="Warning"/>.</param>
/// <param name="Rule">The expectation's kind, for example <c>between</c>, <c>missing</c>, <c>columns</c>.</param>
/// <param name="Column">The column it is about; null when it is about the whole partition.</param>
/// <param name="Found">What the partition holds, in words with numbers.</param>
/// <param name="Expected">What was expected, in the same words.</param>
/// <param name="PipelineLine">The line of the pipeline file that declares the expectation, from 1; null when it was learned from earlier data.</param>
public sealed record QualityFinding(string Level, string Rule, string? Column, string Found, string Expected, int? PipelineLine)
{
    /// <summary>The level of a finding that quarantines the partition.</summary>
    public const string Error = "error";

    /// <summary>The level of a finding that is reported and lets the partition pass.</summary>
    public const string Warning = "warning";
}

/// <summary>What validation found in one partition.</summary>
/// <param name="Partition">The partition's name, without the <c>data/</c> container.</param>
/// <param name="Hash">SHA-256 of its content.</param>
/// <param name="Passed">Whether it may be used: false when an error-level expectation is broken.</param>
/// <param name="Findings">Every broken expectation, in the order in which they were checked.</param>
public sealed record PartitionQuality(string Partition, string Hash, bool Passed, ImmutableArray<QualityFinding> Findings);
