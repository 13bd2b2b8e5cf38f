using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>Names a run.</summary>
internal sealed record RunRef(string RunId);

/// <summary>What the orchestrator needs to know of a plan.</summary>
/// <param name="Partitions">Partitions in the window.</param>
/// <param name="SkipQuarantined">Whether the run goes on without partitions that break an expectation.</param>
/// <param name="Candidates">Candidates, the baseline included.</param>
/// <param name="Parallel">How many candidates are trained at once.</param>
/// <param name="HigherIsBetter">Whether the best candidate is the one with the highest primary metric.</param>
internal sealed record PlanSize(int Partitions, bool SkipQuarantined, int Candidates, int Parallel, bool HigherIsBetter);

/// <summary>Names one partition of a run's plan.</summary>
internal sealed record PartitionRef(string RunId, int Index);

/// <summary>Whether a partition passed, and whether that was known before.</summary>
internal sealed record PartitionResult(int Index, string Name, bool Passed, bool Reused);

/// <summary>The partitions of a run's plan that are left out of its rows.</summary>
internal sealed record AssembleInput(string RunId, IReadOnlyList<int> LeftOut);

/// <summary>The size of a run's parts.</summary>
internal sealed record DatasetSize(int Rows, int Training, int Validation, int Holdout);

/// <summary>Names one candidate of a run's plan.</summary>
internal sealed record CandidateRef(string RunId, int Index);

/// <summary>One candidate's figure on the validation rows.</summary>
/// <param name="Index">The candidate.</param>
/// <param name="Primary">The primary metric; null when it is undefined.</param>
/// <param name="Reused">Whether an earlier, identical fit was taken.</param>
internal sealed record CandidateScore(int Index, double? Primary, bool Reused);

/// <summary>Names the candidate that was selected.</summary>
internal sealed record SelectedRef(string RunId, int Candidate);

/// <summary>The verdict on the selected candidate, and what it was reached against.</summary>
/// <param name="Champion">The champion that the candidate was compared with; null for none.</param>
/// <param name="Outcome">What the verdict asks for.</param>
/// <param name="ResetsAnchor">Whether a promotion makes the candidate the anchor.</param>
/// <param name="Summary">The verdict in a sentence.</param>
internal sealed record EvaluationResult(int? Champion, Runs.RunOutcome Outcome, bool ResetsAnchor, string Summary);

/// <summary>Asks for the champion alias.</summary>
internal sealed record DecideInput(string RunId, int Candidate, EvaluationResult Evaluation);

/// <summary>What came of the decision.</summary>
/// <param name="Version">The version that the candidate is registered as.</param>
/// <param name="Superseded">Whether the champion changed since the evaluation, so that it must be made again.</param>
internal sealed record DecisionResult(int Version, bool Superseded);

/// <summary>How a run ends.</summary>
internal sealed record FinishInput(string RunId, Runs.RunOutcome Outcome, int? Version, Runs.RunWork Work);

/// <summary>Why a run failed.</summary>
internal sealed record FailInput(string RunId, Runs.RunFailure Failure);

/// <summary>The end of a run.</summary>
internal sealed record RunEnd(string RunId, Runs.RunOutcome Outcome, string Summary);

/// <summary>Live progress of a run, as the orchestrator's custom status.</summary>
/// <param name="Stage">The stage of the flow.</param>
internal sealed record FlowStatus(string Stage);

/// <summary>The activities and orchestrators of the flow: their names, inputs and results.</summary>
internal static class FlowSteps
{
    public static readonly ActivityDefinition<RunRef, PlanSize> Plan =
        new("plan", FlowJson.Default.RunRef, FlowJson.Default.PlanSize);

    public static readonly ActivityDefinition<PartitionRef, PartitionResult> Validate =
        new("validate", FlowJson.Default.PartitionRef, FlowJson.Default.PartitionResult);

    public static readonly ActivityDefinition<PartitionRef, PartitionResult> Featurize =
        new("featurize", FlowJson.Default.PartitionRef, FlowJson.Default.PartitionResult);

    public static readonly ActivityDefinition<AssembleInput, DatasetSize> Assemble =
        new("assemble", FlowJson.Default.AssembleInput, FlowJson.Default.DatasetSize);

    public static readonly ActivityDefinition<CandidateRef, CandidateScore> Train =
        new("train", FlowJson.Default.CandidateRef, FlowJson.Default.CandidateScore);

    public static readonly ActivityDefinition<SelectedRef, EvaluationResult> Evaluate =
        new("evaluate", FlowJson.Default.SelectedRef, FlowJson.Default.EvaluationResult);

    public static readonly ActivityDefinition<DecideInput, DecisionResult> Decide =
        new("decide", FlowJson.Default.DecideInput, FlowJson.Default.DecisionResult);

    public static readonly ActivityDefinition<FinishInput, RunEnd> Finish =
        new("finish", FlowJson.Default.FinishInput, FlowJson.Default.RunEnd);

    public static readonly ActivityDefinition<FailInput, RunRef> Fail =
        new("fail", FlowJson.Default.FailInput, FlowJson.Default.RunRef);

    public static readonly OrchestratorDefinition<RunRef, RunEnd> TrainEvaluatePromote =
        new("train-evaluate-promote", FlowJson.Default.RunRef, FlowJson.Default.RunEnd);

    public static readonly OrchestratorDefinition<RunRef, RunEnd> FeaturizePartitions =
        new("featurize-partitions", FlowJson.Default.RunRef, FlowJson.Default.RunEnd);

    /// <summary>The orchestrator that carries out a stage.</summary>
    public static OrchestratorDefinition<RunRef, RunEnd> Of(Runs.RunStage stage) => stage switch
    {
        Runs.RunStage.Featurize => FeaturizePartitions,
        Runs.RunStage.Score => ScoreSteps.ScorePartitions,
        _ => TrainEvaluatePromote,
    };
}
