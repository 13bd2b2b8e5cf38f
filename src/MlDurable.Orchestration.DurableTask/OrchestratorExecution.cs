using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.DurableTask;
using MlDurable.Orchestration.Engines;
using Dt = Microsoft.DurableTask;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// One generation of an instance on Durable Task, which runs it anew from its history whenever something has happened. The orchestrator's code
/// runs in turns of its own, one for each thing that Durable Task brings, so that what it may await is the same as on every engine.
/// </summary>
#pragma warning disable CA1001 // a token source without a timer or a wait handle holds nothing
internal sealed class OrchestratorExecution : OrchestrationContext
#pragma warning restore CA1001
{
    /// <summary>
    /// The one event of Durable Task under which all events travel. Durable Task compares names without case, gives an event to the latest wait
    /// of its name, loses it to one that was given up, and reorders what is left at continue-as-new; all this is ours, in order.
    /// </summary>
    public const string EventName = "mldurable";

    private readonly TaskOrchestrationContext _durableTask;
    private readonly ExecutionInput _input;
    private readonly int _maxPayloadBytes;
    private readonly OrchestratorTurns _turns;
    private readonly SynchronizationContext? _outside = SynchronizationContext.Current;
    private readonly TaskCompletionSource _ended = new();
    private readonly CancellationTokenSource _timers = new();
    private readonly Dictionary<string, LinkedList<EventWait>> _waits = [];
    private readonly List<RaisedEvent> _events;
    private readonly List<string> _childrenToEnd = [];
    private readonly Dictionary<string, TaskCompletionSource<ChildEnd>> _relays = [];

    private Task<string>? _main;
    private DateTimeOffset _now;
    private JsonElement? _customStatus;
    private ExecutionInput? _next;
    private bool _preserveEvents;
    private int _sequence;
    private int _guids;
    private int _open;
    private volatile bool _strayed;

    public OrchestratorExecution(TaskOrchestrationContext durableTask, ExecutionInput input, int maxPayloadBytes)
    {
        _durableTask = durableTask;
        _input = input;
        _maxPayloadBytes = maxPayloadBytes;
        _turns = new(() => _strayed = true);
        _now = input.Clock ?? DateTimeOffset.MinValue;
        _customStatus = input.CustomStatus;
        _events = [.. input.Events ?? []];
    }

    public override string InstanceId => _durableTask.InstanceId;

    public override string Name => _durableTask.Name.Name;

    public override string Version => _input.Version;

    public override int Generation => _input.Generation;

    public override string? ParentInstanceId => _input.Parent;

    public override DateTimeOffset CurrentUtcDateTime => _now;

    public override bool IsReplaying => _durableTask.IsReplaying;

    /// <summary>Runs the code as far as the history and the new events take it; the task ends with the generation.</summary>
    public async Task<JsonElement> RunAsync(OrchestrationCatalog catalog, VersionMatchStrategy match)
    {
        try
        {
            var output = await RunCodeAsync(catalog.FindOrchestrator(Name, Version, match) ?? throw new OrchestrationException(
                OrchestrationErrorCodes.OrchestratorNotRegistered,
                $"Orchestrator '{Name}' has no version '{Version}'{(match == VersionMatchStrategy.CurrentOrOlder ? " or newer" : "")} in this build. " +
                "Deploy a build that has it, or let workers reject versions that they do not have."));
            if (_next is not null)
            {
                _durableTask.ContinueAsNew(JsonSerializer.SerializeToElement(
                    _next with { CustomStatus = _customStatus, Clock = _now, Events = _preserveEvents && _events.Count > 0 ? _events : null },
                    DurableTaskJson.Default.ExecutionInput));
                return Parse("null");
            }

            return PayloadLimit.Check(output, _maxPayloadBytes, $"the result of orchestrator '{Name}'") is { } tooLarge
                ? throw tooLarge
                : Parse(output);
        }
        catch (Exception exception)
        {
            // Durable Task keeps the properties of this exception's details, and so our code, without any help of the host.
            throw new Dt.TaskFailedException(Name, 0, DurableTaskFailures.ToDurableTask(TaskFailureDetails.FromException(exception)));
        }
    }

    public override Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDefinition<TInput, TOutput> activity, TInput input, ActivityOptions? options = null)
    {
        var sequence = NextSequence();
        var json = JsonSerializer.Serialize(input, activity.Input);
        if (PayloadLimit.Check(json, _maxPayloadBytes, $"the input of step {sequence} '{activity.Name}'") is { } tooLarge)
        {
            return Task.FromException<TOutput>(tooLarge);
        }

        var call = new ActivityInput
        {
            InstanceId = InstanceId,
            Generation = Generation,
            Sequence = sequence,
            Attempt = 1,
            Input = Parse(json),
            Timeout = options?.Timeout,
            HeartbeatTimeout = options?.HeartbeatTimeout,
            Deadline = options?.ScheduleToCloseTimeout is { } timeout ? _now.AddSaturating(timeout) : null,
            Pool = options?.Pool,
            PoolWeight = options?.PoolWeight is { } weight and > 1 ? weight : null,
        };
        return OpenAsync(
            () => TryActivityAsync(activity.Name, call, options?.Retry),
            activity.Output, $"the result of step {sequence} '{activity.Name}'");
    }

    public override Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> orchestrator, TInput input, SubOrchestrationOptions? options = null)
    {
        var sequence = NextSequence();
        var json = JsonSerializer.Serialize(input, orchestrator.Input);
        if (PayloadLimit.Check(json, _maxPayloadBytes, $"the input of step {sequence} '{orchestrator.Name}'") is { } tooLarge)
        {
            return Task.FromException<TOutput>(tooLarge);
        }

        var call = new ExecutionInput { Version = orchestrator.Version, Input = Parse(json), Parent = InstanceId, Priority = _input.Priority };
        return OpenAsync(
            () => TryChildAsync(orchestrator.Name, sequence, call, options ?? new()),
            orchestrator.Output, $"the result of step {sequence} '{orchestrator.Name}'");
    }

    public override Task CreateTimerAsync(DateTimeOffset dueTime, CancellationToken cancellationToken)
    {
        NextSequence();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var source = new TaskCompletionSource();
#pragma warning disable CA2000 // a token source without a timer or a wait handle holds nothing
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_timers.Token);
#pragma warning restore CA2000
        _open++;
        var cancellation = cancellationToken.UnsafeRegister(
            _ =>
            {
                _turns.EnsureInTurn(InstanceId);
                if (source.TrySetCanceled(cancellationToken))
                {
                    _open--;
                    Outside(stop.Cancel);
                }
            },
            null);
        Drive(async () =>
        {
            await _durableTask.CreateTimer(dueTime.UtcDateTime, stop.Token);
            Turn(() =>
            {
                cancellation.Unregister();
                if (source.TrySetResult())
                {
                    _open--;
                }
            });
        });
        return source.Task;
    }

    public override Task<T> WaitForExternalEventAsync<T>(EventDefinition<T> definition, CancellationToken cancellationToken = default)
    {
        NextSequence();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var source = new TaskCompletionSource<T>();
        var wait = new EventWait(json => Complete(source, json, definition.Payload, $"the event '{definition.Name}'"));
        var buffered = _events.FindIndex(raised => raised.Name == definition.Name);
        if (buffered >= 0)
        {
            var raised = _events[buffered];
            _events.RemoveAt(buffered);
            wait.Take(raised.Payload.GetRawText());
            return source.Task;
        }

        if (!_waits.TryGetValue(definition.Name, out var waits))
        {
            _waits.Add(definition.Name, waits = new());
        }

        _open++;
        var node = waits.AddLast(wait);
        wait.Cancellation = cancellationToken.UnsafeRegister(
            _ =>
            {
                _turns.EnsureInTurn(InstanceId);
                if (node.List is not null)
                {
                    waits.Remove(node);
                    _open--;
                    source.SetCanceled(cancellationToken);
                }
            },
            null);
        return source.Task;
    }

    public override void SetCustomStatus<T>(T status, JsonTypeInfo<T> typeInfo)
    {
        _turns.EnsureInTurn(InstanceId);
        _customStatus = Parse(Write(status, typeInfo, $"the custom status of instance '{InstanceId}'"));
        _durableTask.SetCustomStatus(_customStatus);
    }

    public override Guid NewGuid()
    {
        _turns.EnsureInTurn(InstanceId);
        return NameBasedGuid.Create($"{InstanceId}/{Generation}/{_guids++}");
    }

    public override void ContinueAsNew<TInput>(TInput input, JsonTypeInfo<TInput> typeInfo, bool preserveUnprocessedEvents = true)
    {
        _turns.EnsureInTurn(InstanceId);
        var json = Write(input, typeInfo, $"the input of the next generation of instance '{InstanceId}'");
        _next = _input with { Generation = Generation + 1, Input = Parse(json), FirstInput = _input.FirstInput ?? _input.Input };
        _preserveEvents = preserveUnprocessedEvents;
    }

    private async Task<string> RunCodeAsync(OrchestratorRegistration registration)
    {
        if (_customStatus is not null)
        {
            _durableTask.SetCustomStatus(_customStatus);
        }

        // First of all, so that Durable Task itself never has an event to keep.
        Drive(ReceiveAsync);
        Turn(() =>
        {
            _main = registration.RunAsync(this, _input.Input.GetRawText());
            _turns.Watch(_main);
        });
        try
        {
            await _ended.Task;
        }
        finally
        {
            // A timer that is left behind keeps the instance from its end on some backends. Not CancelAsync, which uses another thread.
            _timers.Cancel();

            // Nothing but a client can terminate an instance, so the children are asked to end, in the same turn as this one's end.
            foreach (var child in _childrenToEnd)
            {
                _durableTask.SendEvent(child, EventName, JsonSerializer.SerializeToElement(
                    new("", Parse("null")) { Termination = $"Its parent '{InstanceId}' has ended or continued as new." },
                    DurableTaskJson.Default.RaisedEvent));
            }
        }

        return !_strayed && _main!.IsCompleted ? await _main : throw OrchestratorTurns.NonDurable(this, _strayed);
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            var json = await _durableTask.WaitForExternalEvent<JsonElement>(EventName);
            var raised = Payload.Read(json.GetRawText(), DurableTaskJson.Default.RaisedEvent, $"an event of instance '{InstanceId}'");
            if (raised.Termination is { } reason)
            {
                _ended.TrySetException(new OrchestrationException(OrchestrationErrorCodes.Terminated, reason));
                return;
            }

            if (raised.Child is { } end)
            {
                // One of a generation before is not waited for any more.
                if (_relays.Remove(end.RelayId, out var relay))
                {
                    relay.SetResult(end);
                }

                continue;
            }

            Turn(() => Give(raised));
        }
    }

    private void Give(RaisedEvent raised)
    {
        if (_waits.TryGetValue(raised.Name, out var waits) && waits.First is { } first)
        {
            waits.RemoveFirst();
            _open--;
            first.Value.Cancellation.Unregister();
            first.Value.Take(raised.Payload.GetRawText());
            return;
        }

        _events.Add(raised);
    }

    private async Task<string> TryActivityAsync(string name, ActivityInput call, RetryPolicy? retry)
    {
#pragma warning disable CA2000 // a token source without a timer or a wait handle holds nothing
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_timers.Token);
#pragma warning restore CA2000
        try
        {
            return await TryActivityAsync(
                name, call, retry, call.Deadline is { } deadline ? _durableTask.CreateTimer(deadline.UtcDateTime, stop.Token) : null);
        }
        finally
        {
            stop.Cancel();
        }
    }

    private async Task<string> TryActivityAsync(string name, ActivityInput call, RetryPolicy? retry, Task? expiry)
    {
        var scheduled = _now;
        var failures = 0;
        while (true)
        {
            var attempt = AttemptAsync(name, call);
            if (expiry is not null && await Task.WhenAny(attempt, expiry) == expiry)
            {
                await expiry;
                throw new TaskFailedException(name, call.Sequence, TaskFailureDetails.FromException(ActivityRun.Expiry(name, call)));
            }

            var outcome = await attempt;
            if (outcome.Failure is { } failure)
            {
                failures++;
                await WaitForRetryAsync(retry, failure, failures, scheduled, call.Deadline, name, call.Sequence);
            }
            else if (!outcome.Interrupted)
            {
                // An output of JSON null is read as none.
                return outcome.Output?.GetRawText() ?? "null";
            }

            call = call with { Attempt = call.Attempt + 1 };
        }
    }

    private async Task<ActivityOutcome> AttemptAsync(string name, ActivityInput call)
    {
        ThrowIfEnded();
        try
        {
            var json = await _durableTask.CallActivityAsync<JsonElement>(
                name, JsonSerializer.SerializeToElement(call, DurableTaskJson.Default.ActivityInput));
            return Payload.Read(
                json.GetRawText(), DurableTaskJson.Default.ActivityOutcome, $"the outcome of step {call.Sequence} '{name}'");
        }
        catch (Dt.TaskFailedException exception)
        {
            // The host's failure, not the activity's: it was not found, or its process went down on a backend that reports that.
            return new() { Failure = DurableTaskFailures.FromDurableTask(exception.FailureDetails) };
        }
    }

    private async Task<string> TryChildAsync(string name, int sequence, ExecutionInput call, SubOrchestrationOptions options)
    {
        var ownId = Generation == 0 ? $"{InstanceId}:{sequence}" : $"{InstanceId}:{Generation}.{sequence}";
        var id = options.InstanceId ?? ownId;
        var scheduled = _now;
        for (var attempt = 1; ; attempt++)
        {
            ThrowIfEnded();
            var attemptId = attempt == 1 ? id : $"{id}#{attempt}";
            TaskFailureDetails failure;
            if (attemptId == InstanceId || attemptId == ParentInstanceId)
            {
                failure = TaskFailureDetails.FromException(new OrchestrationException(
                    OrchestrationErrorCodes.InstanceConflict,
                    $"Step {sequence} '{name}' asks for the instance id '{attemptId}', which is its own or its parent's; give it another one."));
            }
            else if (options.ParentClosePolicy == ParentClosePolicy.Abandon)
            {
                var end = await RelayAsync($"{ownId}:relay{(attempt == 1 ? "" : $"#{attempt}")}", new(name, attemptId, call));
                if (end.Failure is null)
                {
                    return end.Output?.GetRawText() ?? "null";
                }

                failure = end.Failure;
            }
            else
            {
                _childrenToEnd.Add(attemptId);
                try
                {
                    var output = await _durableTask.CallSubOrchestratorAsync<JsonElement>(
                        name,
                        JsonSerializer.SerializeToElement(call, DurableTaskJson.Default.ExecutionInput),
                        new Dt.SubOrchestrationOptions(instanceId: attemptId) { Version = new TaskVersion(call.Version) });
                    return output.GetRawText();
                }
                catch (Dt.TaskFailedException exception)
                {
                    failure = DurableTaskFailures.FromChild(attemptId, exception.FailureDetails);
                }
                finally
                {
                    _childrenToEnd.Remove(attemptId);
                }
            }

            await WaitForRetryAsync(options.Retry, failure, attempt, scheduled, null, name, sequence);
        }
    }

    private async Task<ChildEnd> RelayAsync(string relayId, ChildCall child)
    {
        var told = new TaskCompletionSource<ChildEnd>();
        _relays.Add(relayId, told);
        var relay = new ExecutionInput
        {
            Version = Version,
            Input = Parse("null"),
            Parent = InstanceId,
            Tags = _input.Tags,
            Priority = _input.Priority,
            Relay = child,
        };
        await _durableTask.CallSubOrchestratorAsync<JsonElement>(
            Name,
            JsonSerializer.SerializeToElement(relay, DurableTaskJson.Default.ExecutionInput),
            new Dt.SubOrchestrationOptions(instanceId: relayId)
            {
                Version = new TaskVersion(Version),
                Tags = new Dictionary<string, string> { [ChildRelay.StartOnlyTag] = "" },
            });
        return await told.Task;
    }

    private async Task WaitForRetryAsync(
        RetryPolicy? retry, TaskFailureDetails failure, int failures, DateTimeOffset scheduled, DateTimeOffset? deadline, string name, int sequence)
    {
        var now = Tick();
        if (retry?.NextAttempt(failure, failures, scheduled, now) is not { } due || due >= deadline)
        {
            throw new TaskFailedException(name, sequence, failure);
        }

        if (due > now)
        {
            await _durableTask.CreateTimer(due.UtcDateTime, _timers.Token);
        }
    }

    /// <summary>A step that the orchestrator may await, and Durable Task ends.</summary>
    private Task<T> OpenAsync<T>(Func<Task<string>> run, JsonTypeInfo<T> typeInfo, string what)
    {
        var source = new TaskCompletionSource<T>();
        _open++;
        Drive(async () =>
        {
            string? json = null;
            Exception? failure = null;
            try
            {
                json = await run();
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            Turn(() =>
            {
                _open--;
                if (failure is null)
                {
                    Complete(source, json!, typeInfo, what);
                }
                else
                {
                    source.SetException(failure);
                }
            });
        });
        return source.Task;
    }

    /// <summary>Runs what awaits Durable Task's own tasks, where these are awaited: outside the turns.</summary>
    private void Drive(Func<Task> run) => Outside(() => _ = DriveAsync(run));

    private async Task DriveAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (TaskCanceledException)
        {
            // A timer that the orchestrator has cancelled, or has left behind; its own task needs no end any more.
        }
        catch (Exception exception)
        {
            _ended.TrySetException(exception);
        }
    }

    private void Outside(Action action)
    {
        var inside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_outside);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(inside);
        }
    }

    private void Turn(Action turn)
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        Tick();
        _turns.Run(turn);
        if (!_turns.IsInTurn && _main is not null && (_strayed || _main.IsCompleted || _open == 0))
        {
            _ended.TrySetResult();
        }
    }

    // Durable Task holds an ended instance until its calls are over; they are not tried again.
    private void ThrowIfEnded()
    {
        if (_ended.Task.IsCompleted)
        {
            throw new OperationCanceledException();
        }
    }

    private DateTimeOffset Tick()
    {
        var now = new DateTimeOffset(DateTime.SpecifyKind(_durableTask.CurrentUtcDateTime, DateTimeKind.Utc));
        return _now = now > _now ? now : _now;
    }

    private int NextSequence()
    {
        _turns.EnsureInTurn(InstanceId);
        return ++_sequence;
    }

    private string Write<T>(T value, JsonTypeInfo<T> typeInfo, string what)
    {
        var json = JsonSerializer.Serialize(value, typeInfo);
        return PayloadLimit.Check(json, _maxPayloadBytes, what) is { } tooLarge ? throw tooLarge : json;
    }

    private static void Complete<T>(TaskCompletionSource<T> source, string json, JsonTypeInfo<T> typeInfo, string what)
    {
        T value;
        try
        {
            value = Payload.Read(json, typeInfo, what);
        }
        catch (OrchestrationException exception)
        {
            source.SetException(exception);
            return;
        }

        source.SetResult(value);
    }

    private static JsonElement Parse(string json) => JsonElement.Parse(json);

    private sealed class EventWait(Action<string> take)
    {
        public CancellationTokenRegistration Cancellation { get; set; }

        public void Take(string json) => take(json);
    }
}
