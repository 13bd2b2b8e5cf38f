using System.Collections.Immutable;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A run whose end others may wait for, until that is settled: <c>triggers/ended/&lt;run id&gt;.json</c>.</summary>
/// <remarks>It is written before the run's record is closed, so that no crash loses it, and counts only once the record is.</remarks>
/// <param name="RunId">The run.</param>
/// <param name="EndedAt">When it was about to end, in UTC.</param>
/// <param name="Deployed">The pipelines that were deployed then: one that is deployed later does not follow older runs.</param>
public sealed record EndedRun(string RunId, DateTimeOffset EndedAt, ImmutableArray<string> Deployed);
