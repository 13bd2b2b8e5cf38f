using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration.Embedded;

internal sealed class EmbeddedClient(EngineCore core, int maxPayloadBytes) : IOrchestrationClient
{
    public async Task<string> StartAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> definition, TInput input, StartOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new();
        options.Check();
        var id = InstanceIds.Choose(options.InstanceId);
        var json = Write(input, definition.Input, $"the input of orchestrator '{definition.Name}'");
        await core.StartAsync(id, new(definition.Name, definition.Version, json), options).WaitAsync(cancellationToken);
        return id;
    }

    public Task<OrchestrationState?> GetAsync(string instanceId, CancellationToken cancellationToken = default) =>
        core.GetAsync(instanceId).WaitAsync(cancellationToken);

    public async Task<OrchestrationPage> ListPageAsync(
        OrchestrationQuery query, int pageSize = 100, string? continuationToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, 1000);
        InstanceKey? after = null;
        if (continuationToken is not null)
        {
            var (createdAt, id) = ContinuationTokens.Read(continuationToken);
            after = new(createdAt, id);
        }

        var (states, last) = await core.ListAsync(query, pageSize, after).WaitAsync(cancellationToken);
        return new(states, last is { } key ? ContinuationTokens.Of(key.CreatedAt, key.Id) : null);
    }

    public async IAsyncEnumerable<OrchestrationState> ListAsync(
        OrchestrationQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        InstanceKey? after = null;
        do
        {
            (var states, after) = await core.ListAsync(query, 1000, after).WaitAsync(cancellationToken);
            foreach (var state in states)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return state;
            }
        }
        while (after is not null);
    }

    public async Task<PurgeProgress> PurgeAsync(PurgePolicy policy, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var began = TimeProvider.System.GetTimestamp();
        var purged = 0;
        InstanceKey? after = null;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            (var bite, after) = await core.PurgeAsync(policy, after).WaitAsync(cancellationToken);
            purged += bite;
        }
        while (after is not null && (purged == 0 || !(TimeProvider.System.GetElapsedTime(began) >= within)));
        return new(purged, after is null);
    }

    public Task<OrchestrationState> WaitForCompletionAsync(string instanceId, CancellationToken cancellationToken = default) =>
        core.WaitForCompletionAsync(instanceId).WaitAsync(cancellationToken);

    public async Task RaiseEventAsync<T>(
        string instanceId, EventDefinition<T> definition, T payload, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var json = Write(payload, definition.Payload, $"the event '{definition.Name}' for instance '{instanceId}'");
        await core.RaiseEventAsync(instanceId, definition.Name, json).WaitAsync(cancellationToken);
    }

    public async Task SuspendAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await core.SuspendAsync(instanceId, reason).WaitAsync(cancellationToken);
    }

    public async Task ResumeAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await core.ResumeAsync(instanceId, reason).WaitAsync(cancellationToken);
    }

    public async Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await core.TerminateAsync(instanceId, reason).WaitAsync(cancellationToken);
    }

    public async Task<bool> PurgeAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await core.PurgeAsync(instanceId).WaitAsync(cancellationToken);
    }

    public async Task RewindAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await core.RewindAsync(instanceId, reason).WaitAsync(cancellationToken);
    }

    public Task<string> RestartAsync(string instanceId, string? newInstanceId = null, CancellationToken cancellationToken = default) =>
        RestartAsync(instanceId, newInstanceId, null, cancellationToken);

    public Task<string> RestartAsync<TInput, TOutput>(
        string instanceId, OrchestratorDefinition<TInput, TOutput> definition, TInput input, string? newInstanceId = null,
        CancellationToken cancellationToken = default) =>
        RestartAsync(
            instanceId, newInstanceId,
            new(definition.Name, definition.Version, Write(input, definition.Input, $"the input of orchestrator '{definition.Name}'")), cancellationToken);

    public async Task RetryStepAsync(string instanceId, int sequence, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await core.RetryStepAsync(instanceId, sequence, reason).WaitAsync(cancellationToken);
    }

    public async Task SkipStepAsync(
        string instanceId, int sequence, string output, string reason, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var what = $"the result for step {sequence} of instance '{instanceId}'";
        Payload.EnsureJson(output, what);
        if (PayloadLimit.Check(output, maxPayloadBytes, what) is { } tooLarge)
        {
            throw tooLarge;
        }

        await core.SkipStepAsync(instanceId, sequence, output, reason).WaitAsync(cancellationToken);
    }

    private async Task<string> RestartAsync(
        string instanceId, string? newInstanceId, OrchestratorCall? call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var id = InstanceIds.Choose(newInstanceId ?? instanceId);
        await core.RestartAsync(instanceId, id, call).WaitAsync(cancellationToken);
        return id;
    }

    private string Write<T>(T value, JsonTypeInfo<T> typeInfo, string what)
    {
        var json = JsonSerializer.Serialize(value, typeInfo);
        return PayloadLimit.Check(json, maxPayloadBytes, what) is { } tooLarge ? throw tooLarge : json;
    }
}
