using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>What the orchestrator needs to know of a scoring plan.</summary>
/// <param name="Partitions">Partitions without predictions of this content by the model.</param>
/// <param name="Parallel">How many of them are scored at once.</param>
internal sealed record ScoringSize(int Partitions, int Parallel);

/// <summary>What came of one partition.</summary>
/// <param name="Index">Its place in the plan.</param>
/// <param name="Name">Its name.</param>
/// <param name="Passed">Whether it has predictions now.</param>
/// <param name="Reused">Whether it had them already.</param>
/// <param name="Rows">Rows scored by this run.</param>
/// <param name="Positives">Rows of them that the model calls positive; null unless labels are binary.</param>
internal sealed record PartitionScore(int Index, string Name, bool Passed, bool Reused, long Rows, long? Positives);

/// <summary>How a scoring run ends.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Scored">Partitions scored by it.</param>
/// <param name="Failed">Partitions that could not be scored.</param>
/// <param name="Rows">Rows scored.</param>
/// <param name="Positives">Rows of them that the model calls positive; null unless labels are binary.</param>
internal sealed record FinishScoringInput(string RunId, int Scored, int Failed, long Rows, long? Positives);

/// <summary>The activities and the orchestrator of batch scoring.</summary>
internal static class ScoreSteps
{
    public static readonly ActivityDefinition<RunRef, ScoringSize> Plan =
        new("plan-scoring", FlowJson.Default.RunRef, FlowJson.Default.ScoringSize);

    public static readonly ActivityDefinition<PartitionRef, PartitionScore> Score =
        new("score", FlowJson.Default.PartitionRef, FlowJson.Default.PartitionScore);

    public static readonly ActivityDefinition<FinishScoringInput, RunEnd> Finish =
        new("finish-scoring", FlowJson.Default.FinishScoringInput, FlowJson.Default.RunEnd);

    public static readonly OrchestratorDefinition<RunRef, RunEnd> ScorePartitions =
        new("score-partitions", FlowJson.Default.RunRef, FlowJson.Default.RunEnd);
}
