using System.Security.Cryptography;
using System.Text.Json;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Approvals;

/// <summary>An answer from outside.</summary>
/// <param name="RunId">The run, exactly.</param>
/// <param name="Choice">What is answered.</param>
/// <param name="By">Who, behind the channel, as the host knows them: <c>cli:ada</c>, <c>http:ada</c>. That the person is who they say is the host's to see to.</param>
public sealed record ApprovalReply(string RunId, ApprovalChoice Choice, string By)
{
    /// <summary>Why; empty by default. At most <see cref="ApprovalDesk.MaxReasonLength"/> characters; a rejection needs one.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The identity of the evidence that the person was shown; null for that of the newest request.</summary>
    public string? EvidenceHash { get; init; }
}

/// <summary>What came of an answer. It is on stable storage, and will not change.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Answer">The answer as it was recorded.</param>
/// <param name="Status">What it changes.</param>
/// <param name="Decision">How the request ended; null while it is open.</param>
/// <param name="IsTaken">
/// Whether the run's engine was told. When not, it takes the decision up when it is next opened, at the next reminder, or at the time-out.
/// </param>
public sealed record ApprovalReceipt(string RunId, ApprovalAnswer Answer, AnswerStatus Status, ApprovalDecision? Decision, bool IsTaken);

/// <summary>Where persons answer. Safe for concurrent use, also by several hosts on one store.</summary>
/// <remarks>
/// Every answer is recorded, and of all answers and the time-out exactly one decides: the one whose decision is written first, by a conditional
/// write. Only then is the run's engine told.
/// </remarks>
/// <param name="store">The workspace.</param>
/// <param name="client">The client of the engine here; a run of another engine takes its decision up later.</param>
/// <param name="timeProvider">The clock that says whether an answer is late.</param>
/// <param name="options">The key of links; null when this host takes none.</param>
public sealed class ApprovalDesk(IBlobStore store, IOrchestrationClient client, TimeProvider timeProvider, ApprovalOptions? options = null)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int MaxReasonLength = 2000;

    private const int MaxNameLength = 256;

    private readonly ApprovalBook book = new(store);
    private readonly ApprovalFiles files = new(store);
    private readonly RunStore runs = new(store);

    /// <summary>Records an answer, and lets it decide if it is the first that may.</summary>
    /// <returns>What it changes. Nothing is thrown for an answer that is late, second, stale or not allowed: it is recorded, and its status says so.</returns>
    /// <exception cref="PipelineException">
    /// <c>run-not-found</c>; <c>approval-not-found</c>: nothing was asked; <c>approval-invalid</c>: the reason or the name is missing or too long.
    /// </exception>
    public async Task<ApprovalReceipt> AnswerAsync(ApprovalReply reply, CancellationToken cancellationToken = default)
    {
        var run = await RunAsync(reply.RunId, cancellationToken);
        var request = await files.LatestRequestAsync(run.RunId, cancellationToken)
            ?? throw new PipelineException(
                "approval-not-found", $"run {run.RunId} asks for no approval{(run.Status == RunStatus.Running ? " yet" : "")}; `mldurable approvals` lists what waits");
        return await AnswerAsync(run, request, reply, RandomNumberGenerator.GetHexString(16, lowercase: true), cancellationToken);
    }

    /// <summary>Reads a one-time link for showing what it asks. Changes nothing.</summary>
    /// <param name="token">The token, from outside.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>link-invalid</c>, <c>link-expired</c>, or <c>link-used</c>.</exception>
    public async Task<(ApprovalLink Link, ApprovalView View)> OpenLinkAsync(string token, CancellationToken cancellationToken = default)
    {
        var link = Verify(token);
        var request = await files.RequestAsync(link.RunId, link.Request, cancellationToken);
        return await files.FindAnswerAsync(link.RunId, link.Request, ApprovalLink.AnswerIdOf(token), cancellationToken) is null
            ? (link, await book.ViewAsync(request, cancellationToken))
            : throw Used();
    }

    /// <summary>Answers with a one-time link, which is used up by it, whatever the answer changes.</summary>
    /// <param name="token">The token, from outside.</param>
    /// <param name="reason">Why; a rejection needs one.</param>
    /// <param name="cancellationToken">Cancels before the answer is recorded.</param>
    /// <exception cref="PipelineException"><c>link-invalid</c>, <c>link-expired</c>, <c>link-used</c>, <c>run-not-found</c>, <c>approval-invalid</c>.</exception>
    public async Task<ApprovalReceipt> AnswerLinkAsync(string token, string reason, CancellationToken cancellationToken = default)
    {
        var link = Verify(token);
        var run = await RunAsync(link.RunId, cancellationToken);
        var request = await files.RequestAsync(link.RunId, link.Request, cancellationToken);
        var reply = new ApprovalReply(link.RunId, link.Choice, $"link:{(link.Who.Length == 0 ? "holder" : link.Who)}")
        {
            Reason = reason,
            EvidenceHash = link.EvidenceHash,
        };
        return await AnswerAsync(run, request, reply, ApprovalLink.AnswerIdOf(token), cancellationToken);
    }

    /// <summary>Tells the engine of a decision that it may not have heard of, because who made it died before telling.</summary>
    /// <returns>Whether there was such a decision, and the engine has it.</returns>
    internal async Task<bool> WakeAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var request = run.Waiting is { } waiting ? await files.FindRequestAsync(run.RunId, waiting.Request, cancellationToken) : null;
        return request is not null
            && await files.ResolveAsync(request, null, cancellationToken) is { } decision
            && await TellAsync(run, decision, cancellationToken);
    }

    private async Task<ApprovalReceipt> AnswerAsync(
        RunRecord run, ApprovalRequest request, ApprovalReply reply, string id, CancellationToken cancellationToken)
    {
        var reason = CheckedText(reply.Reason.Trim(), "reason", MaxReasonLength, reply.Choice == ApprovalChoice.Reject);
        var by = CheckedText(reply.By, "name", MaxNameLength, isNeeded: true);
        var shown = reply.EvidenceHash ?? request.EvidenceHash;
        var now = timeProvider.GetUtcNow();
        var decided = await files.ResolveAsync(request, null, cancellationToken);
        var status = !ApproverNames.IsAllowed(request, by) ? AnswerStatus.NotAllowed
            : run.Status != RunStatus.Running ? AnswerStatus.Late
            : shown != request.EvidenceHash || await IsSupersededAsync(request, cancellationToken) ? AnswerStatus.StaleEvidence
            : decided is { Verdict: ApprovalVerdict.TimedOut } || (decided is null && now >= request.ExpiresAt) ? AnswerStatus.Late
            : decided is not null ? AnswerStatus.Second
            : AnswerStatus.Counts;
        var answer = new ApprovalAnswer(
            id, request.Number, reply.Choice, by, reason, CheckedText(shown, "evidence hash", MaxNameLength, isNeeded: true), now, status);
        (answer, var written) = await files.RecordAsync(run.RunId, answer, cancellationToken);
        if (!written && decided is not null)
        {
            throw Used();
        }

        // From here on the answer is on stable storage. The decision is made of it, or of whichever answer was before it.
        var decision = await files.ResolveAsync(request, null, cancellationToken);
        status = answer.Status == AnswerStatus.Counts && decision?.AnswerId != answer.Id
            ? decision!.Verdict == ApprovalVerdict.TimedOut ? AnswerStatus.Late : AnswerStatus.Second
            : answer.Status;
        var isTaken = decision is not null && await TellAsync(run, decision, cancellationToken);
        return new ApprovalReceipt(run.RunId, answer, status, decision, isTaken);
    }

    /// <summary>Wakes the run up, unless it has settled this request already.</summary>
    private async Task<bool> TellAsync(RunRecord run, ApprovalDecision decision, CancellationToken cancellationToken)
    {
        if (run.Status != RunStatus.Running || run.Approval?.Request >= decision.Request)
        {
            return true;
        }

        try
        {
            var signal = JsonSerializer.SerializeToElement(new ApprovalSignal(decision.Request, decision.AnswerId), FlowJson.Default.ApprovalSignal);
            await client.RaiseEventAsync(run.RunId, FlowSteps.Approval, signal, cancellationToken);
            return true;
        }
        catch (OrchestrationException exception) when (exception.Code is OrchestrationErrorCodes.InstanceNotFound)
        {
            // The run is another engine's, or its start was cut off and is made up for by reconciling, which tells it then.
            return false;
        }
        catch (OrchestrationException exception) when (exception.Code is OrchestrationErrorCodes.InstanceStatus)
        {
            // It has ended meanwhile: the decision stays on record.
            return true;
        }
    }

    private async Task<bool> IsSupersededAsync(ApprovalRequest request, CancellationToken cancellationToken) =>
        await files.FindRequestAsync(request.RunId, request.Number + 1, cancellationToken) is not null;

    private async Task<RunRecord> RunAsync(string runId, CancellationToken cancellationToken) =>
        (RunIds.IsValid(runId) ? await runs.FindAsync(runId, cancellationToken) : null)
        ?? throw new PipelineException("run-not-found", $"there is no run '{runId[..Math.Min(runId.Length, RunIds.MaxLength)]}' in {store.Description}; `mldurable approvals` lists what waits");

    private ApprovalLink Verify(string token) => options is { LinkKey.IsEmpty: false }
        ? ApprovalLink.Verify(token, options.LinkKey.Span, timeProvider.GetUtcNow())
        : throw new PipelineException("link-invalid", "this host takes no links; answer with `mldurable approve`, or over HTTP");

    private static PipelineException Used() => new("link-used", "the link was used before, and changes nothing more; `mldurable approvals` shows what waits");

    private static string CheckedText(string text, string what, int maxLength, bool isNeeded)
    {
        var fault = text.Length > maxLength ? $"is longer than {maxLength} characters"
            : isNeeded && string.IsNullOrWhiteSpace(text) ? "is missing"
            : text.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t')) ? "holds a control character"
            : null;
        return fault is null ? text : throw new PipelineException("approval-invalid", $"the {what} of the answer {fault}");
    }
}
