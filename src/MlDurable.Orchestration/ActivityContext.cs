namespace MlDurable.Orchestration;

/// <summary>The identity of one attempt of an activity, its cancellation and its progress. Safe to use from several threads.</summary>
public abstract class ActivityContext
{
    /// <summary>The id of the instance that called the activity.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The name of the activity.</summary>
    public abstract string Name { get; }

    /// <summary>The generation of the instance that called the activity.</summary>
    public abstract int Generation { get; }

    /// <summary>The sequence number of the call in its generation.</summary>
    public abstract int Sequence { get; }

    /// <summary>The number of this attempt, from 1: every start of the call counts, also one that a crash ended.</summary>
    public abstract int Attempt { get; }

    /// <summary>The same text for every attempt of this call and for no other call: <c>instance/generation/sequence</c>.</summary>
    public string IdempotencyKey => $"{InstanceId}/{Generation}/{Sequence}";

    /// <summary>Cancelled when the attempt times out, when its result is no longer wanted, and when the engine closes.</summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>Shows progress to those who watch live, and resets the heartbeat. Nothing is written to disk.</summary>
    /// <param name="fraction">How much is done, 0 to 1.</param>
    /// <param name="message">What is being done. Default: nothing.</param>
    public abstract void ReportProgress(double fraction, string? message = null);
}
