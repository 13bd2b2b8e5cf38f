using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>What <see cref="PipelineFile"/> made of a file.</summary>
/// <param name="Definition">The definition, or null when a problem is an error.</param>
/// <param name="Problems">Every problem, in the order of the file; empty or only warnings when there is a definition.</param>
/// <param name="ContentHash">
/// The SHA-256 of the file's bytes, 64 lower-case hexadecimal digits: comments and spaces count, parameters that were set do not.
/// </param>
public sealed record PipelineLoadResult(PipelineDefinition? Definition, ImmutableArray<PipelineProblem> Problems, string ContentHash);
