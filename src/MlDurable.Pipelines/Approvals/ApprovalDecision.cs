using System.Text.Json.Serialization;

namespace MlDurable.Pipelines.Approvals;

/// <summary>What a person may answer.</summary>
public enum ApprovalChoice
{
    /// <summary>The candidate becomes the champion, if the champion is still the one that it was compared with.</summary>
    Approve,

    /// <summary>The champion stays.</summary>
    Reject,
}

/// <summary>What an answer changes.</summary>
public enum AnswerStatus
{
    /// <summary>It decides. On a stored answer: it decides unless another one was first.</summary>
    Counts,

    /// <summary>It came after the time-out or after the end of the run, and changes nothing.</summary>
    Late,

    /// <summary>Another answer was first; it changes nothing.</summary>
    Second,

    /// <summary>It names other evidence than what is asked about now, and changes nothing.</summary>
    StaleEvidence,

    /// <summary>It is from one who may not answer, and changes nothing.</summary>
    NotAllowed,
}

/// <summary>An answer as it was given: <c>runs/&lt;run id&gt;/approval/answers-&lt;n&gt;/&lt;id&gt;.json</c>. Written once, whatever it changes.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Request">The number of the request that it was given to.</param>
/// <param name="Choice">What was answered.</param>
/// <param name="By">Who, behind the channel: <c>cli:ada</c>, <c>http:ada</c>, <c>link:ada</c>.</param>
/// <param name="Reason">Why; empty when no reason was given.</param>
/// <param name="EvidenceHash">What the person was shown.</param>
/// <param name="AnsweredAt">When, in UTC.</param>
/// <param name="Status">What was known of it when it was written; <see cref="AnswerStatus.Counts"/> holds for the one that the decision names.</param>
public sealed record ApprovalAnswer(
    string Id, int Request, ApprovalChoice Choice, string By, string Reason, string EvidenceHash, DateTimeOffset AnsweredAt, AnswerStatus Status);

/// <summary>How a request ended.</summary>
public enum ApprovalVerdict
{
    /// <summary>A person approved.</summary>
    Approved,

    /// <summary>A person rejected.</summary>
    Rejected,

    /// <summary>Nobody answered in time.</summary>
    TimedOut,
}

/// <summary>The one end of a request: <c>runs/&lt;run id&gt;/approval/decision-&lt;n&gt;.json</c>. Of all answers and the time-out, one writes it.</summary>
/// <param name="Request">The number of the request.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="By">Who answered; null when nobody did.</param>
/// <param name="Reason">Why; null when nobody answered, empty when no reason was given.</param>
/// <param name="AnswerId">The answer that decided; null when nobody answered.</param>
/// <param name="Evidence">The hashes of the evidence that was shown.</param>
/// <param name="EvidenceHash">The identity of the request and its evidence.</param>
/// <param name="DecidedAt">When, in UTC.</param>
public sealed record ApprovalDecision(
    int Request,
    ApprovalVerdict Verdict,
    string? By,
    string? Reason,
    string? AnswerId,
    ApprovalEvidence Evidence,
    string EvidenceHash,
    DateTimeOffset DecidedAt)
{
    /// <summary>The decision in a sentence.</summary>
    [JsonIgnore]
    public string Summary => Verdict switch
    {
        ApprovalVerdict.TimedOut => "nobody answered the request for approval in time",
        var verdict => $"{(verdict == ApprovalVerdict.Approved ? "approved" : "rejected")} by {By}{(string.IsNullOrEmpty(Reason) ? "" : $": {Reason}")}",
    };
}
