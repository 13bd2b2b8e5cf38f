using System.Collections.Concurrent;
using DurableTask.Core;
using DurableTask.Core.History;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlDurable.Orchestration.Conformance;
using HubQuery = DurableTask.Core.Query.OrchestrationQuery;
using P = Microsoft.DurableTask.Protobuf;

namespace MlDurable.Orchestration.DurableTask.Tests;

/// <summary>
/// The hub of the in-process test host, and what it lacks of a real one: work items that a worker took with it are delivered again, a start
/// waits for its time, and an end reaches the children. Its clock is virtual.
/// </summary>
public sealed class VirtualHub(
    IHostApplicationLifetime lifetime, ILoggerFactory loggers, IOrchestrationService service, InMemoryOrchestrationService memory,
    IOptions<TaskHubGrpcServerOptions> options, VirtualTimeProvider time)
    : TaskHubGrpcServer(lifetime, loggers, service, memory, options)
{
    private static readonly TimeSpan s_never = TimeSpan.FromDays(20);

    private readonly ConcurrentDictionary<string, P.WorkItem> _outstanding = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<(string InstanceId, Timestamp Real), Timestamp> _turns = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _created = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _updated = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _notBefore = new();
    private volatile Task _connection = Task.CompletedTask;
    private volatile WorkItemWriter? _writer;

    /// <summary>Ends when no worker is connected any more.</summary>
    public Task Disconnected => _connection;

    public override async Task GetWorkItems(
        P.GetWorkItemsRequest request, IServerStreamWriter<P.WorkItem> responseStream, ServerCallContext context)
    {
        // With its history in the work item, whatever its length, the clock can be set in one place.
        request.Capabilities.Remove(P.WorkerCapability.HistoryStreaming);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection = ended.Task;
        var writer = new WorkItemWriter(this, responseStream);
        _writer = writer;
        var connected = base.GetWorkItems(request, writer, context);
        try
        {
            foreach (var workItem in _outstanding.Values)
            {
                await writer.WriteAsync(workItem);
            }

            await connected;
        }
        finally
        {
            ended.SetResult();
        }
    }

    public override Task<P.CompleteTaskResponse> CompleteOrchestratorTask(P.OrchestratorResponse request, ServerCallContext context)
    {
        if (_outstanding.TryRemove(request.InstanceId, out var workItem))
        {
            foreach (var action in request.Actions.Where(action => action.CreateTimer is not null))
            {
                SetTimer(request.InstanceId, workItem.OrchestratorRequest.ExecutionId, action);
            }
        }

        _updated[request.InstanceId] = time.GetUtcNow();
        return base.CompleteOrchestratorTask(request, context);
    }

    public override Task<P.CompleteTaskResponse> CompleteActivityTask(P.ActivityResponse request, ServerCallContext context)
    {
        _outstanding.TryRemove($"{request.InstanceId}/{request.TaskId}", out _);
        return base.CompleteActivityTask(request, context);
    }

    public override Task<P.CreateInstanceResponse> StartInstance(P.CreateInstanceRequest request, ServerCallContext context)
    {
        _created[request.InstanceId] = time.GetUtcNow();
        if (request.ScheduledStartTimestamp?.ToDateTimeOffset() is { } start && start > time.GetUtcNow())
        {
            _notBefore[request.InstanceId] = start;
            time.CreateTimer(_ => _ = DeliverAsync(request.InstanceId), null, start - time.GetUtcNow(), Timeout.InfiniteTimeSpan);
        }

        return base.StartInstance(request, context);
    }

    public override async Task<P.TerminateResponse> TerminateInstance(P.TerminateRequest request, ServerCallContext context)
    {
        var response = await base.TerminateInstance(request, context);
        if (request.Recursive)
        {
            var all = await memory.GetOrchestrationWithQueryAsync(new HubQuery { PageSize = int.MaxValue }, context.CancellationToken);
            foreach (var child in all.OrchestrationState.Where(
                state => state.ParentInstance?.OrchestrationInstance.InstanceId == request.InstanceId))
            {
                await TerminateInstance(
                    new() { InstanceId = child.OrchestrationInstance.InstanceId, Output = request.Output, Recursive = true }, context);
            }
        }

        return response;
    }

    public override async Task<P.GetInstanceResponse> GetInstance(P.GetInstanceRequest request, ServerCallContext context) =>
        Dated(await base.GetInstance(request, context));

    public override async Task<P.GetInstanceResponse> WaitForInstanceCompletion(P.GetInstanceRequest request, ServerCallContext context) =>
        Dated(await base.WaitForInstanceCompletion(request, context));

    public override async Task<P.QueryInstancesResponse> QueryInstances(P.QueryInstancesRequest request, ServerCallContext context)
    {
        var (from, to) = (request.Query.CreatedTimeFrom, request.Query.CreatedTimeTo);
        request.Query.CreatedTimeFrom = null;
        request.Query.CreatedTimeTo = null;
        var response = await base.QueryInstances(request, context);
        foreach (var state in response.OrchestrationState.ToList())
        {
            Date(state);
            if ((from is not null && state.CreatedTimestamp < from) || (to is not null && state.CreatedTimestamp > to))
            {
                response.OrchestrationState.Remove(state);
            }
        }

        return response;
    }

    private P.GetInstanceResponse Dated(P.GetInstanceResponse response)
    {
        Date(response.OrchestrationState);
        return response;
    }

    private void Date(P.OrchestrationState? state)
    {
        if (state is null)
        {
            return;
        }

        if (_created.TryGetValue(state.InstanceId, out var created))
        {
            state.CreatedTimestamp = created.ToTimestamp();
        }

        if (_updated.TryGetValue(state.InstanceId, out var updated))
        {
            state.LastUpdatedTimestamp = updated.ToTimestamp();
        }
    }

    private void SetTimer(string instanceId, string executionId, P.OrchestratorAction action)
    {
        var due = action.CreateTimer.FireAt.ToDateTime();
        var wait = due - time.GetUtcNow().UtcDateTime;
        if (wait <= TimeSpan.Zero)
        {
            action.CreateTimer.FireAt = DateTime.UnixEpoch.ToTimestamp();
            return;
        }

        var timer = new TaskMessage
        {
            OrchestrationInstance = new() { InstanceId = instanceId, ExecutionId = executionId },
            Event = new TimerFiredEvent(-1, DateTime.UnixEpoch) { TimerId = action.Id },
        };
        time.CreateTimer(_ => _ = memory.SendTaskOrchestrationMessageAsync(timer), null, wait, Timeout.InfiniteTimeSpan);
        action.CreateTimer.FireAt = (DateTime.UtcNow + s_never).ToTimestamp();
    }

    private async Task DeliverAsync(string key)
    {
        _notBefore.TryRemove(key, out _);
        if (_writer is { } writer && _outstanding.TryGetValue(key, out var workItem))
        {
            await writer.WriteAsync(workItem);
        }
    }

    private void SetClock(P.OrchestratorRequest request)
    {
        foreach (var turn in request.PastEvents.Concat(request.NewEvents).Where(history => history.OrchestratorStarted is not null))
        {
            turn.Timestamp = _turns.GetOrAdd((request.InstanceId, turn.Timestamp), _ => time.GetUtcNow().ToTimestamp());

            // So that a work item that is delivered again keeps its clock.
            _turns.TryAdd((request.InstanceId, turn.Timestamp), turn.Timestamp);
        }
    }

    private sealed class WorkItemWriter(VirtualHub hub, IServerStreamWriter<P.WorkItem> inner) : IServerStreamWriter<P.WorkItem>
    {
        private readonly SemaphoreSlim _turn = new(1);

        public WriteOptions? WriteOptions { get => inner.WriteOptions; set => inner.WriteOptions = value; }

        public async Task WriteAsync(P.WorkItem message)
        {
            var orchestrator = message.OrchestratorRequest;
            var key = orchestrator?.InstanceId ?? $"{message.ActivityRequest.OrchestrationInstance.InstanceId}/{message.ActivityRequest.TaskId}";
            hub._outstanding[key] = message;
            if (hub._notBefore.ContainsKey(key))
            {
                return;
            }

            await _turn.WaitAsync();
            try
            {
                if (orchestrator is not null)
                {
                    hub.SetClock(orchestrator);
                }

                await inner.WriteAsync(message);
            }
            catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
            {
                // The worker is gone: the work item waits for the next one.
                hub._writer = null;
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
