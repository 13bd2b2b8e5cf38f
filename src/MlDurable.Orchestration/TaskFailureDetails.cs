namespace MlDurable.Orchestration;

/// <summary>What is kept of an exception in the history: enough to decide on and to show, not the exception itself.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message.</param>
/// <param name="StackTrace">The stack trace as text, or <see langword="null"/> when there is none.</param>
/// <param name="Code">The stable code of an <see cref="ICodedFailure"/>, otherwise <see langword="null"/>.</param>
/// <param name="InnerFailure">The cause, or <see langword="null"/>.</param>
public sealed record TaskFailureDetails(
    string ErrorType, string ErrorMessage, string? StackTrace, string? Code, TaskFailureDetails? InnerFailure)
{
    // A failure must stay a small record whatever the exception carries: the history is on disk and in memory.
    private const int MaxMessageLength = 4096;
    private const int MaxStackTraceLength = 4096;
    private const int MaxDepth = 5;

    /// <summary>
    /// Keeps an exception: at most 4,096 characters each of message and stack trace, and five levels of causes. A
    /// <see cref="TaskFailedException"/> has the failure of its task as inner failure.
    /// </summary>
    /// <param name="exception">The exception to keep.</param>
    /// <returns>The details.</returns>
    public static TaskFailureDetails FromException(Exception exception) => FromException(exception, MaxDepth);

    private static TaskFailureDetails FromException(Exception exception, int depth)
    {
        // Awaiting Task.WhenAll rethrows one exception; code that blocks or rethrows the task's own exception has it wrapped.
        if (exception is AggregateException { InnerExceptions: [var single] })
        {
            return FromException(single, depth);
        }

        var inner = exception switch
        {
            TaskFailedException failed => failed.FailureDetails,
            { InnerException: { } cause } when depth > 1 => FromException(cause, depth - 1),
            _ => null,
        };
        return new(
            exception.GetType().FullName ?? exception.GetType().Name,
            Cut(exception.Message, MaxMessageLength),
            exception.StackTrace is { } trace ? Cut(trace, MaxStackTraceLength) : null,
            (exception as ICodedFailure)?.Code,
            inner);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length), "…");
}
