using System.Collections.Immutable;

namespace MlDurable.Pipelines.Approvals;

/// <summary>SHA-256 of everything that a person who is asked is shown.</summary>
/// <param name="Evaluation">Of <c>evaluation.json</c>.</param>
/// <param name="Manifest">Of <c>manifest.json</c>.</param>
/// <param name="Predictions">Of <c>predictions.csv</c>.</param>
/// <param name="Model">Of the candidate's model file.</param>
public sealed record ApprovalEvidence(string Evaluation, string Manifest, string Predictions, string Model);

/// <summary>What is asked of a person: <c>runs/&lt;run id&gt;/approval/request-&lt;n&gt;.json</c>. Written once.</summary>
public sealed record ApprovalRequest
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Which request of the run, from 1. The next one follows when the champion changed, so that the candidate was judged again.</summary>
    public required int Number { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The model whose champion the candidate is to become.</summary>
    public required string Model { get; init; }

    /// <summary>The version that the candidate is registered as already; null when it is registered only by the decision.</summary>
    public int? CandidateVersion { get; init; }

    /// <summary>The champion that the candidate was compared with; null when there is none.</summary>
    public int? Champion { get; init; }

    /// <summary>The verdict in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What the verdict rests on.</summary>
    public required ApprovalEvidence Evidence { get; init; }

    /// <summary>One identity of this request and its evidence: an answer that names another one changes nothing.</summary>
    public required string EvidenceHash { get; init; }

    /// <summary>When it was asked, in UTC.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>The instant from which an answer is late, in UTC; without one before it the candidate is rejected.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who may answer; empty for everyone who has the role of an approver.</summary>
    public ImmutableArray<string> By { get => field.IsDefault ? [] : field; init; }

    /// <summary>Who may not answer, because they asked for the run or deployed its pipeline; empty when they may.</summary>
    public ImmutableArray<string> Authors { get => field.IsDefault ? [] : field; init; }
}

/// <summary>That a run waits for a person, on its record.</summary>
/// <param name="Request">The number of the request.</param>
/// <param name="Since">When it was asked, in UTC.</param>
/// <param name="Until">When the candidate is rejected without an answer, in UTC.</param>
/// <param name="EvidenceHash">The identity of what is asked.</param>
public sealed record ApprovalWait(int Request, DateTimeOffset Since, DateTimeOffset Until, string EvidenceHash)
{
    /// <summary>Why the webhook notified nobody at the last attempt; null when it did, or there is none.</summary>
    public string? Warning { get; init; }
}
