using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>Names a run.</summary>
internal sealed record RunRef(string RunId);

/// <summary>What the orchestrator needs to know of a plan.</summary>
/// <param name="Partitions">Partitions in the window.</param>
/// <param name="SkipQuarantined">Whether the run goes on without partitions that break an expectation.</param>
/// <param name="Candidates">Candidates, the baseline included; of a search, at most.</param>
/// <param name="Parallel">How many candidates are trained at once.</param>
/// <param name="HigherIsBetter">Whether the best candidate is the one with the highest primary metric.</param>
/// <param name="Approve">Whether a person is asked before a promotion.</param>
/// <param name="Proposes">Whether the candidates are proposed in rounds, by what those before reached.</param>
/// <param name="SearchTime">How long after the training began the last round may begin; null without a limit.</param>
/// <param name="Halves">Whether the candidates are fitted on more and more rows, and most of them stopped early.</param>
internal sealed record PlanSize(
    int Partitions,
    bool SkipQuarantined,
    int Candidates,
    int Parallel,
    bool HigherIsBetter,
    bool Approve = false,
    bool Proposes = false,
    TimeSpan? SearchTime = null,
    bool Halves = false);

/// <summary>Names one partition of a run's plan.</summary>
internal sealed record PartitionRef(string RunId, int Index);

/// <summary>Whether a partition passed, and whether that was known before.</summary>
internal sealed record PartitionResult(int Index, string Name, bool Passed, bool Reused);

/// <summary>The partitions of a run's plan that are left out of its rows.</summary>
internal sealed record AssembleInput(string RunId, IReadOnlyList<int> LeftOut);

/// <summary>The size of a run's parts.</summary>
internal sealed record DatasetSize(int Rows, int Training, int Validation, int Holdout);

/// <summary>Asks for the next round of a search.</summary>
/// <param name="RunId">The run.</param>
/// <param name="First">The index of the round's first candidate: how many came before.</param>
/// <param name="Count">How many candidates the round has.</param>
internal sealed record ProposeInput(string RunId, int First, int Count);

/// <summary>Asks for the next round of a successive halving.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Round">Which round, from 0.</param>
/// <param name="Count">How many fits it has at most.</param>
/// <param name="IsOutOfTime">Whether the time is over, so that it is the last.</param>
internal sealed record HalveInput(string RunId, int Round, int Count, bool IsOutOfTime);

/// <summary>One round of a successive halving.</summary>
/// <param name="Fits">What is fitted; nothing when the search is at its end.</param>
internal sealed record HalveResult(ImmutableArray<CandidateRef> Fits);

/// <summary>Names one candidate of a run's plan.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Index">The candidate.</param>
/// <param name="Rung">The rung of a successive halving that it is fitted on; null for a fit on all training rows.</param>
internal sealed record CandidateRef(string RunId, int Index, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Rung = null);

/// <summary>The figure by which one candidate is compared with the others.</summary>
/// <param name="Index">The candidate.</param>
/// <param name="Primary">The primary metric; null when it is undefined.</param>
/// <param name="Reused">Whether an earlier, identical fit was taken.</param>
/// <param name="IsPartial">Whether it was fitted on a part of the training rows, so that it is not to be selected.</param>
internal sealed record CandidateScore(int Index, double? Primary, bool Reused, bool IsPartial = false);

/// <summary>Names the candidate that was selected.</summary>
internal sealed record SelectedRef(string RunId, int Candidate);

/// <summary>The verdict on the selected candidate, and what it was reached against.</summary>
/// <param name="Champion">The champion that the candidate was compared with; null for none.</param>
/// <param name="Outcome">What the verdict asks for.</param>
/// <param name="ResetsAnchor">Whether a promotion makes the candidate the anchor.</param>
/// <param name="Summary">The verdict in a sentence.</param>
internal sealed record EvaluationResult(int? Champion, Runs.RunOutcome Outcome, bool ResetsAnchor, string Summary);

/// <summary>Asks a person for a promotion.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Candidate">The candidate.</param>
/// <param name="Number">Which request of the run, from 1.</param>
/// <param name="Evaluation">The verdict that is to be approved.</param>
/// <param name="AskedAt">The instance's time, so that a repeat asks until the same instant.</param>
internal sealed record RequestApprovalInput(string RunId, int Candidate, int Number, EvaluationResult Evaluation, DateTimeOffset AskedAt);

/// <summary>How long a request is open.</summary>
/// <param name="ExpiresAt">When the candidate is rejected without an answer.</param>
/// <param name="Reminders">When reminders are sent, ascending and before <paramref name="ExpiresAt"/>.</param>
/// <param name="Notifies">Whether there is a webhook.</param>
internal sealed record RequestApprovalResult(DateTimeOffset ExpiresAt, ImmutableArray<DateTimeOffset> Reminders, bool Notifies);

/// <summary>Asks for a notice of a request.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Request">The number of the request.</param>
/// <param name="Notice">0 for the request itself, then the reminders.</param>
internal sealed record NotifyApprovalInput(string RunId, int Request, int Notice);

/// <summary>Asks for the end of a request.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Request">The number of the request.</param>
/// <param name="IsTimeOut">Whether its time is over, so that it ends also without an answer.</param>
internal sealed record SettleApprovalInput(string RunId, int Request, bool IsTimeOut);

/// <summary>The end of a request.</summary>
/// <param name="Verdict">How it ended; null when it is still open.</param>
/// <param name="Summary">The decision in a sentence.</param>
internal sealed record SettleApprovalResult(ApprovalVerdict? Verdict, string Summary);

/// <summary>Says that a request has ended. It only wakes the run up, which then looks for itself.</summary>
/// <param name="Request">The number of the request.</param>
/// <param name="AnswerId">The answer that decided; null when nobody answered.</param>
internal sealed record ApprovalSignal(int Request, string? AnswerId);

/// <summary>Asks for the champion alias.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Candidate">The candidate.</param>
/// <param name="Evaluation">The verdict.</param>
/// <param name="Approval">The number of the request that was approved or not; null when nobody was asked.</param>
internal sealed record DecideInput(string RunId, int Candidate, EvaluationResult Evaluation, int? Approval = null);

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

    public static readonly ActivityDefinition<ProposeInput, RunRef> Propose =
        new("propose", FlowJson.Default.ProposeInput, FlowJson.Default.RunRef);

    public static readonly ActivityDefinition<HalveInput, HalveResult> Halve =
        new("halve", FlowJson.Default.HalveInput, FlowJson.Default.HalveResult);

    public static readonly ActivityDefinition<CandidateRef, CandidateScore> Train =
        new("train", FlowJson.Default.CandidateRef, FlowJson.Default.CandidateScore);

    public static readonly ActivityDefinition<SelectedRef, EvaluationResult> Evaluate =
        new("evaluate", FlowJson.Default.SelectedRef, FlowJson.Default.EvaluationResult);

    public static readonly ActivityDefinition<RequestApprovalInput, RequestApprovalResult> RequestApproval =
        new("request-approval", FlowJson.Default.RequestApprovalInput, FlowJson.Default.RequestApprovalResult);

    public static readonly ActivityDefinition<NotifyApprovalInput, RunRef> NotifyApproval =
        new("notify-approval", FlowJson.Default.NotifyApprovalInput, FlowJson.Default.RunRef);

    public static readonly ActivityDefinition<SettleApprovalInput, SettleApprovalResult> SettleApproval =
        new("settle-approval", FlowJson.Default.SettleApprovalInput, FlowJson.Default.SettleApprovalResult);

    /// <summary>Any JSON, since events also come from outside, and one that is no <see cref="ApprovalSignal"/> must not fail the run.</summary>
    public static readonly EventDefinition<JsonElement> Approval = new("approval", FlowJson.Default.JsonElement);

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
