namespace MlDurable.Orchestration;

/// <summary>
/// A durable count of the starts of activity calls, for an engine whose backend does not keep one. Safe to use from several threads and
/// processes: a call is at work in one place at a time, or in two after its lease has expired.
/// </summary>
public interface IActivityStarts
{
    /// <summary>Records that an attempt begins. Durable when the task ends.</summary>
    /// <param name="idempotencyKey">The call: <see cref="ActivityContext.IdempotencyKey"/>.</param>
    /// <param name="cancellationToken">Gives up; the start may have been recorded.</param>
    /// <returns>What was known of the call before this start.</returns>
    Task<ActivityStarts> BeginAsync(string idempotencyKey, CancellationToken cancellationToken);

    /// <summary>Records that an attempt has ended without taking the process with it.</summary>
    /// <param name="idempotencyKey">The call.</param>
    /// <param name="final">Whether the call has its result, so that nothing needs to be kept of it.</param>
    /// <returns>A task that ends when it is recorded.</returns>
    Task EndAsync(string idempotencyKey, bool final);
}

/// <summary>What is known of the earlier starts of an activity call.</summary>
/// <param name="Total">How many there were.</param>
/// <param name="Crashed">How many of the last ones in a row have not been ended in order.</param>
public readonly record struct ActivityStarts(int Total, int Crashed);
