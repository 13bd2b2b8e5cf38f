using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace MlDurable.Pipelines.Approvals;

/// <summary>The links of one person.</summary>
/// <param name="Who">The person's name; empty for whoever holds them.</param>
/// <param name="Approve">The page on which to approve.</param>
/// <param name="Reject">The page on which to reject.</param>
internal sealed record ApprovalNoticeLinks(string Who, Uri Approve, Uri Reject);

/// <summary>What is posted to a webhook.</summary>
/// <param name="Event"><c>approval-requested</c> or <c>approval-reminder</c>.</param>
/// <param name="Request">What is asked.</param>
/// <param name="Command">The command that answers where the run is carried out.</param>
/// <param name="Links">Ways to answer; empty when the host makes no links.</param>
internal sealed record ApprovalNotice(string Event, ApprovalRequest Request, string Command, ImmutableArray<ApprovalNoticeLinks> Links);

/// <summary>Posts requests for approval and reminders. Safe for concurrent use.</summary>
internal sealed class ApprovalWebhook(ApprovalOptions options, TimeProvider timeProvider)
{
    /// <summary>The receiver may take it at another time: the step is tried again.</summary>
    public const string Unavailable = "webhook-unavailable";

    /// <summary>The receiver will not take it at any time.</summary>
    public const string Refused = "webhook-refused";

    /// <summary>Posts one notice.</summary>
    /// <param name="address">Where: https, or http on this machine.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="notice">Which notice of the request: 0 for the request itself, then the reminders.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="PipelineException"><see cref="Unavailable"/> or <see cref="Refused"/>. The message holds the host alone, since the rest of an address may be a secret.</exception>
    public async Task PostAsync(Uri address, ApprovalRequest request, int notice, CancellationToken cancellationToken)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        {
            throw new PipelineException(Refused, $"the webhook at {address.Host} is not https; only https, and http on this machine, are posted to");
        }

        using var time = new CancellationTokenSource(options.WebhookTimeout, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        using var own = options.WebhookHandler is null ? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false } : null;
        using var client = new HttpClient(options.WebhookHandler ?? own!, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        using var message = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(NoticeOf(request, notice), ApprovalJson.Default.ApprovalNotice)),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("Idempotency-Key", $"{request.RunId}-{request.Number}-{notice}");
        try
        {
            // Only the status is looked at: whatever a receiver sends back, nothing of it is read.
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new PipelineException(
                    IsPassing(response.StatusCode) ? Unavailable : Refused, $"the webhook at {address.Host} answered {(int)response.StatusCode}");
            }
        }
        catch (HttpRequestException exception)
        {
            throw new PipelineException(Unavailable, $"the webhook at {address.Host} cannot be reached: {exception.HttpRequestError}", exception);
        }
        catch (OperationCanceledException exception) when (time.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new PipelineException(Unavailable, $"the webhook at {address.Host} did not answer within {options.WebhookTimeout.TotalSeconds:0.#} s", exception);
        }
    }

    /// <summary>The same notice is the same bytes, so that a receiver that gets it twice can tell.</summary>
    private ApprovalNotice NoticeOf(ApprovalRequest request, int notice) => new(
        notice == 0 ? "approval-requested" : "approval-reminder", request, $"mldurable approve {request.RunId}", LinksOf(request, notice));

    /// <summary>
    /// Links for those who may answer. Where nobody is named and the author may not answer, there are none: it could not be told who holds them.
    /// </summary>
    private ImmutableArray<ApprovalNoticeLinks> LinksOf(ApprovalRequest request, int notice)
    {
        if (options.LinkKey.IsEmpty || options.LinkBase is not { } root)
        {
            return [];
        }

        var names = request.By.IsEmpty
            ? request.Authors.IsEmpty ? [""] : ImmutableArray<string>.Empty
            : [.. request.By.Where(name => ApproverNames.IsAllowed(request, name)).Select(ApproverNames.NameOf).Distinct(StringComparer.Ordinal)];
        return [.. names.Select(who => new ApprovalNoticeLinks(who, LinkOf(ApprovalChoice.Approve, who), LinkOf(ApprovalChoice.Reject, who)))];

        Uri LinkOf(ApprovalChoice choice, string who)
        {
            var key = options.LinkKey.Span;
            var until = DateTimeOffset.FromUnixTimeSeconds(request.ExpiresAt.ToUnixTimeSeconds());
            var nonce = ApprovalLink.NonceOf(key, request, notice, choice, who);
            var link = new ApprovalLink(request.RunId, request.Number, choice, request.EvidenceHash, until, who, nonce);
            return new Uri(root, $"api/approvals/{link.ToToken(key)}");
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
}
