using System.Globalization;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Approvals;

/// <summary>The requests, answers and decisions of runs in a store. Safe for concurrent use.</summary>
/// <remarks>
/// Who is first is decided by one conditional write: that of the decision. The engine's race between the event, the reminders and the time-out
/// only says when to look. So no answer that was confirmed can be lost by a crash between here and the journal, and no event by itself approves.
/// </remarks>
internal sealed class ApprovalFiles(IBlobStore store)
{
    private const string RequestPrefix = "approval/request-";

    /// <summary>The newest request of a run; null when nothing was ever asked.</summary>
    public async Task<ApprovalRequest?> LatestRequestAsync(string runId, CancellationToken cancellationToken)
    {
        var prefix = BlobNames.Run(runId, RequestPrefix);
        var latest = 0;
        await foreach (var blob in store.ListAsync(prefix, ct: cancellationToken))
        {
            var number = blob.Name.AsSpan(prefix.Length);
            if (number.EndsWith(".json", StringComparison.Ordinal)
                && int.TryParse(number[..^".json".Length], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
            {
                latest = Math.Max(latest, parsed);
            }
        }

        return latest == 0 ? null : await FindRequestAsync(runId, latest, cancellationToken);
    }

    public async Task<ApprovalRequest?> FindRequestAsync(string runId, int number, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(RequestBlob(runId, number), PipelinesJson.Default.ApprovalRequest, ct: cancellationToken))?.Value;

    public async Task<ApprovalRequest> RequestAsync(string runId, int number, CancellationToken cancellationToken) =>
        await FindRequestAsync(runId, number, cancellationToken)
        ?? throw new PipelineException("run-incomplete", $"run {runId} has no request {number} for approval in {store.Description}");

    /// <summary>Writes a request once.</summary>
    /// <returns>The request that is there: this one, or that of an earlier attempt.</returns>
    public async Task<ApprovalRequest> AskAsync(ApprovalRequest request, CancellationToken cancellationToken) =>
        await TryWriteAsync(RequestBlob(request.RunId, request.Number), request, PipelinesJson.Default.ApprovalRequest, cancellationToken)
            ? request
            : await RequestAsync(request.RunId, request.Number, cancellationToken);

    public async Task<ApprovalDecision?> DecisionAsync(string runId, int number, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(DecisionBlob(runId, number), PipelinesJson.Default.ApprovalDecision, ct: cancellationToken))?.Value;

    /// <summary>Writes an answer once.</summary>
    /// <returns>The answer of this identity that is there, and whether this call wrote it.</returns>
    public async Task<(ApprovalAnswer Answer, bool Written)> RecordAsync(string runId, ApprovalAnswer answer, CancellationToken cancellationToken) =>
        await TryWriteAsync(AnswerBlob(runId, answer.Request, answer.Id), answer, PipelinesJson.Default.ApprovalAnswer, cancellationToken)
            ? (answer, true)
            : ((await FindAnswerAsync(runId, answer.Request, answer.Id, cancellationToken))!, false);

    public async Task<ApprovalAnswer?> FindAnswerAsync(string runId, int request, string id, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(AnswerBlob(runId, request, id), PipelinesJson.Default.ApprovalAnswer, ct: cancellationToken))?.Value;

    /// <summary>Every answer to a request, earliest first.</summary>
    public async Task<IReadOnlyList<ApprovalAnswer>> AnswersAsync(string runId, int number, CancellationToken cancellationToken)
    {
        var answers = new List<ApprovalAnswer>();
        await foreach (var blob in store.ListAsync(AnswersPrefix(runId, number), ct: cancellationToken))
        {
            if (await store.ReadJsonAsync(blob.Name, PipelinesJson.Default.ApprovalAnswer, ct: cancellationToken) is { } answer)
            {
                answers.Add(answer.Value);
            }
        }

        return [.. answers.OrderBy(answer => answer.AnsweredAt).ThenBy(answer => answer.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The decision of a request. Where there is none yet, the earliest answer that counts makes it, also one whose sender died before it could; without
    /// an answer the time-out does, when it is due.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="timedOutAt">When the time-out came; null when it has not.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The decision; null when nobody has answered and the time is not over.</returns>
    public async Task<ApprovalDecision?> ResolveAsync(ApprovalRequest request, DateTimeOffset? timedOutAt, CancellationToken cancellationToken)
    {
        if (await DecisionAsync(request.RunId, request.Number, cancellationToken) is { } made)
        {
            return made;
        }

        var answers = await AnswersAsync(request.RunId, request.Number, cancellationToken);
        ApprovalDecision decision;
        if (answers.FirstOrDefault(answer => answer.Status == AnswerStatus.Counts) is { } first)
        {
            var verdict = first.Choice == ApprovalChoice.Approve ? ApprovalVerdict.Approved : ApprovalVerdict.Rejected;
            decision = new ApprovalDecision(
                request.Number, verdict, first.By, first.Reason, first.Id, request.Evidence, request.EvidenceHash, first.AnsweredAt);
        }
        else if (timedOutAt is { } instant)
        {
            decision = new ApprovalDecision(
                request.Number, ApprovalVerdict.TimedOut, null, null, null, request.Evidence, request.EvidenceHash, instant);
        }
        else
        {
            return null;
        }

        return await TryWriteAsync(DecisionBlob(request.RunId, request.Number), decision, PipelinesJson.Default.ApprovalDecision, cancellationToken)
            ? decision
            : await DecisionAsync(request.RunId, request.Number, cancellationToken);
    }

    private static string RequestBlob(string runId, int number) => RunStore.FileName(runId, $"{RequestPrefix}{number}.json");

    private static string DecisionBlob(string runId, int number) => RunStore.FileName(runId, $"approval/decision-{number}.json");

    private static string AnswersPrefix(string runId, int number) => RunStore.FileName(runId, $"approval/answers-{number}/");

    private static string AnswerBlob(string runId, int number, string id) => $"{AnswersPrefix(runId, number)}{id}.json";

    private async Task<bool> TryWriteAsync<T>(
        string blob, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteJsonAsync(blob, value, typeInfo, BlobCondition.IfAbsent, cancellationToken);
            return true;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            return false;
        }
    }
}
