using System.Text.Json;
using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>Runs attempts of activities in this process, with what Durable Task does not have: time-outs, pools, and a count of starts.</summary>
internal sealed class ActivityRunner
{
    private readonly OrchestrationCatalog _catalog;
    private readonly DurableTaskEngineOptions _options;
    private readonly Dictionary<string, ActivityPool> _pools;

    public ActivityRunner(OrchestrationCatalog catalog, DurableTaskEngineOptions options)
    {
        _catalog = catalog;
        _options = options;
        _pools = options.Pools.ToDictionary(
            pool => pool.Key,
            pool => pool.Value >= 1
                ? new ActivityPool(pool.Value)
                : throw new ArgumentOutOfRangeException(nameof(options), pool.Value, $"Pool '{pool.Key}' needs at least one slot."));
    }

    /// <summary>Runs one attempt.</summary>
    /// <param name="name">Which activity.</param>
    /// <param name="call">The attempt.</param>
    /// <param name="stopping">Cancelled when the host stops.</param>
    public async Task<ActivityOutcome> RunAsync(string name, ActivityInput call, CancellationToken stopping)
    {
        if (_catalog.FindActivity(name) is not { } registration)
        {
            return Failed(OrchestrationErrorCodes.ActivityNotRegistered, $"This build has no activity '{name}'.");
        }

        ActivityPool? pool = null;
        if (call.Pool is not null && !_pools.TryGetValue(call.Pool, out pool))
        {
            return Failed(
                OrchestrationErrorCodes.PoolUnknown,
                $"Step {call.Sequence} '{name}' asks for the pool '{call.Pool}', which this host does not have. Configure it, or ask for another one.");
        }

        var weight = call.PoolWeight ?? 1;
        if (pool is null && weight > 1)
        {
            return Failed(
                OrchestrationErrorCodes.PoolUnknown, $"Step {call.Sequence} '{name}' asks for {weight} slots of a pool, but for no pool; name one.");
        }

        if (weight > pool?.Slots)
        {
            return Failed(
                OrchestrationErrorCodes.PoolTooSmall,
                $"Step {call.Sequence} '{name}' asks for {weight} slots of the pool '{call.Pool}', which has {pool.Slots} in this host. Give it more, " +
                "or the call a lower weight.");
        }

        try
        {
            await TakeAsync(pool, weight, call.Deadline, stopping);
        }
        catch (OperationCanceledException)
        {
            return stopping.IsCancellationRequested
                ? new() { Interrupted = true }
                : new() { Failure = TaskFailureDetails.FromException(ActivityRun.Expiry(name, call)) };
        }

        try
        {
            return await CountAsync(name, registration, call, stopping);
        }
        finally
        {
            pool?.Release(weight);
        }
    }

    /// <summary>Takes the slots of a call, if it needs any.</summary>
    /// <exception cref="OperationCanceledException">The host stops, or the call has waited too long or was delivered too late.</exception>
    private async Task TakeAsync(ActivityPool? pool, int weight, DateTimeOffset? deadline, CancellationToken stopping)
    {
        using var expiry = deadline is { } due
            ? new CancellationTokenSource(ActivityRun.Bounded(due - _options.TimeProvider.GetUtcNow()), _options.TimeProvider)
            : new CancellationTokenSource();
        expiry.Token.ThrowIfCancellationRequested();
        if (pool is not null)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, stopping);
            await pool.TakeAsync(weight, either.Token);
        }
    }

    private async Task<ActivityOutcome> CountAsync(
        string name, ActivityRegistration registration, ActivityInput call, CancellationToken stopping)
    {
        if (_options.ActivityStarts is not { } starts)
        {
            return await AttemptAsync(registration, call, stopping);
        }

        var key = $"{call.InstanceId}/{call.Generation}/{call.Sequence}";
        ActivityOutcome outcome;
        try
        {
            var earlier = await starts.BeginAsync(key, stopping);
            outcome = earlier.Crashed < _options.MaxActivityCrashes
                ? await AttemptAsync(registration, call with { Attempt = earlier.Total + 1 }, stopping)
                : Failed(
                    OrchestrationErrorCodes.ActivityPoisoned,
                    $"Step {call.Sequence} '{name}' took its process down {earlier.Crashed} times in a row and is not started again.");
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new() { Interrupted = true };
        }

        await starts.EndAsync(key, final: outcome.Output is not null);
        return outcome;
    }

    private async Task<ActivityOutcome> AttemptAsync(ActivityRegistration registration, ActivityInput call, CancellationToken stopping)
    {
        await using var run = new ActivityRun(registration.Name, call, _options.TimeProvider, stopping);

        // On the thread pool: an activity that computes without awaiting must not hold up its own time-out.
        var work = Task.Run(() => registration.RunAsync(run, call.Input.GetRawText()), CancellationToken.None);
        await Task.WhenAny(work, run.Expired);
        if (run.Expired.IsCompleted)
        {
            // Whether or not the code has obeyed its token by now.
            _ = work.ContinueWith(
                static abandoned => abandoned.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return new() { Failure = TaskFailureDetails.FromException(await run.Expired) };
        }

        try
        {
            var output = await work;
            return PayloadLimit.Check(
                output, _options.MaxPayloadBytes, $"the result of step {call.Sequence} '{registration.Name}'") is { } tooLarge
                ? new() { Failure = TaskFailureDetails.FromException(tooLarge) }
                : new() { Output = JsonElement.Parse(output) };
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The stopping host cancelled it, so whatever it threw is no failure of its own.
            return new() { Interrupted = true };
        }
        catch (Exception exception)
        {
            return new() { Failure = TaskFailureDetails.FromException(exception) };
        }
    }

    private static ActivityOutcome Failed(string code, string message) =>
        new() { Failure = TaskFailureDetails.FromException(new OrchestrationException(code, message)) };
}
