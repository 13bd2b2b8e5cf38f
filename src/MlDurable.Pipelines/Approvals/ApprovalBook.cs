using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Approvals;

/// <summary>A request with everything that was said to it.</summary>
/// <param name="Request">What is asked.</param>
/// <param name="Answers">Every answer, earliest first, also those that change nothing.</param>
/// <param name="Decision">How it ended; null while it is open.</param>
public sealed record ApprovalView(ApprovalRequest Request, ImmutableArray<ApprovalAnswer> Answers, ApprovalDecision? Decision)
{
    /// <summary>Why nobody was notified at the last attempt; null when somebody was, there is no webhook, or the request has ended.</summary>
    public string? Warning { get; init; }
}

/// <summary>Reads what was asked and answered; needs no engine. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
public sealed class ApprovalBook(IBlobStore store)
{
    private readonly ApprovalFiles files = new(store);

    /// <summary>The requests that runs wait for, of whichever engine.</summary>
    public async IAsyncEnumerable<ApprovalView> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var run in new RunStore(store).UnfinishedAsync(cancellationToken: cancellationToken))
        {
            if (run.Waiting is { } waiting)
            {
                var request = await files.RequestAsync(run.RunId, waiting.Request, cancellationToken);
                yield return await ViewAsync(request, cancellationToken) with { Warning = waiting.Warning };
            }
        }
    }

    /// <summary>The newest request of a run; null when nothing was ever asked.</summary>
    /// <param name="runId">The run, exactly.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<ApprovalView?> FindAsync(string runId, CancellationToken cancellationToken = default) =>
        RunIds.IsValid(runId) && await files.LatestRequestAsync(runId, cancellationToken) is { } request
            ? await ViewAsync(request, cancellationToken)
            : null;

    internal async Task<ApprovalView> ViewAsync(ApprovalRequest request, CancellationToken cancellationToken) => new(
        request,
        [.. await files.AnswersAsync(request.RunId, request.Number, cancellationToken)],
        await files.DecisionAsync(request.RunId, request.Number, cancellationToken));
}
