using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>A person must agree before a candidate that passed every rule becomes the champion.</summary>
public sealed record ApproveDefinition
{
    /// <summary>Who may answer, by the names that the hosts know them by; empty for everyone who has the role of an approver.</summary>
    public ImmutableArray<string> By { get; init; } = [];

    /// <summary>Whether the one who asked for the run may not answer; yes by default.</summary>
    public bool NotAuthor { get; init; } = true;

    /// <summary>How long the answer is waited for; then the candidate is rejected. 7 days by default, at least a second.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long after the request each reminder is sent, ascending and before <see cref="Timeout"/>; none by default.</summary>
    public ImmutableArray<TimeSpan> Remind { get; init; } = [];

    /// <summary>Where the request and the reminders are posted as JSON with one-time links to answer; null for nowhere.</summary>
    public Uri? Webhook { get; init; }
}
