namespace MlDurable.Orchestration.Embedded;

/// <summary>
/// How the engine gathers what many instances record into one write and one flush. No policy weakens what is promised: nothing is acted on or
/// confirmed before it is on disk.
/// </summary>
public sealed record CommitPolicy
{
    /// <summary>Flushes whatever there is at once: two flushes for a step of a single chain instead of one.</summary>
    public static CommitPolicy Immediate { get; } = new() { Linger = TimeSpan.Zero };

    /// <summary>
    /// How long a record that is soon followed by another (the start of an activity, by its result) waits for it at most, so that both take one
    /// flush. What somebody waits for is flushed at once, together with all that was recorded during the flush before it. 0 to 1 second.
    /// Default: 2 milliseconds, a few flushes of a fast disk.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);
}
