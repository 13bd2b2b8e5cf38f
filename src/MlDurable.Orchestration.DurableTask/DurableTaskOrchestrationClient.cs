using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using MlDurable.Orchestration.Engines;
using DtStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;

namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// Starts, watches and steers instances on Durable Task. Safe to use from several threads. Durable Task accepts a suspension, a resumption or
/// an end at once and carries it out when a worker next runs the instance: these calls wait for that, at most
/// <see cref="s_confirmation"/>, and return then all the same, because nothing of what was accepted is lost.
/// </summary>
/// <param name="client">Gives the client of Durable Task for one call: in Azure Functions there is one only while a function runs.</param>
/// <param name="catalog">What can be started.</param>
/// <param name="options">The same as the engine's. Default: see <see cref="DurableTaskEngineOptions"/>.</param>
public sealed class DurableTaskOrchestrationClient(
    Func<DurableTaskClient> client, OrchestrationCatalog catalog, DurableTaskEngineOptions? options = null) : IOrchestrationClient
{
    private const int PageSize = 100;

    private static readonly TimeSpan s_confirmation = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(20);

    // Whatever the status of the instance that has the id, a start must not replace it.
    private static readonly string[] s_anyStatus =
    [
        nameof(DtStatus.Pending), nameof(DtStatus.Running), nameof(DtStatus.Suspended),
        nameof(DtStatus.Completed), nameof(DtStatus.Failed), nameof(DtStatus.Terminated),
    ];

    private readonly int _maxPayloadBytes = (options ?? new()).MaxPayloadBytes;
    private readonly VersionMatchStrategy _versionMatch = (options ?? new()).VersionMatch;

    /// <inheritdoc/>
    public async Task<string> StartAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> definition, TInput input, StartOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        options.Check();
        var id = InstanceIds.Choose(options.InstanceId);
        var json = Write(input, definition.Input, $"the input of orchestrator '{definition.Name}'");
        if (options.SingletonKey is not null)
        {
            throw NotSupported("singleton keys", "Use one instance id for all of them: a start is idempotent by id.");
        }

        await StartAsync(id, definition.Name, definition.Version, json, options, cancellationToken);
        return id;
    }

    /// <inheritdoc/>
    public async Task<OrchestrationState?> GetAsync(string instanceId, CancellationToken cancellationToken = default) =>
        await client().GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken) is { } metadata
            ? DurableTaskStates.FromMetadata(metadata)
            : null;

    /// <inheritdoc/>
    /// <remarks>
    /// A page of Durable Task, in the order and with the token of its backend; conditions that it does not know are met here, so that a page may have
    /// fewer instances.
    /// </remarks>
    public async Task<OrchestrationPage> ListPageAsync(
        OrchestrationQuery query, int pageSize = 100, string? continuationToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, 1000);
        await foreach (var page in client().GetAllInstancesAsync(FilterOf(query, pageSize)).AsPages(continuationToken, pageSize).WithCancellation(cancellationToken))
        {
            var states = new List<OrchestrationState>();
            foreach (var metadata in page.Values.Where(metadata => !DurableTaskStates.IsRelay(metadata)))
            {
                if (await ReadAsync(metadata, cancellationToken) is { } state && query.Matches(state))
                {
                    states.Add(state);
                }
            }

            return new(states, page.ContinuationToken);
        }

        return new([], null);
    }

    /// <inheritdoc/>
    /// <remarks>Durable Task lists by status, time and id; the other conditions are met here, after everything that meets these was read.</remarks>
    public async IAsyncEnumerable<OrchestrationState> ListAsync(
        OrchestrationQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var states = new List<OrchestrationState>();
        await foreach (var metadata in client().GetAllInstancesAsync(FilterOf(query, PageSize)).WithCancellation(cancellationToken))
        {
            if (!DurableTaskStates.IsRelay(metadata) && await ReadAsync(metadata, cancellationToken) is { } state && query.Matches(state))
            {
                states.Add(state);
            }
        }

        foreach (var state in states.OrderBy(state => state.CreatedAt).ThenBy(state => state.InstanceId, StringComparer.Ordinal))
        {
            yield return state;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// One instance at a time, each with its finished children, because Durable Task's own purge knows when an instance was created, not when it ended.
    /// Everything in the hub is read first. Interrupted between a parent and a child, the child is one without a parent, and forgotten when it meets the
    /// policy itself.
    /// </remarks>
    public async Task<PurgeProgress> PurgeAsync(PurgePolicy policy, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var began = TimeProvider.System.GetTimestamp();
        var purged = 0;
        var all = new Dictionary<string, OrchestrationState>();
        var relays = new HashSet<string>();
        await foreach (var metadata in client().GetAllInstancesAsync(FilterOf(new(), PageSize)).WithCancellation(cancellationToken))
        {
            if (await ReadAsync(metadata, cancellationToken) is { } state)
            {
                all[state.InstanceId] = state;
                if (DurableTaskStates.IsRelay(metadata))
                {
                    relays.Add(state.InstanceId);
                }
            }
        }

        var due = all.Values.ToLookup(state => RootOf(state, all));
        foreach (var family in due.Where(family => policy.Matches(family.Key)).OrderBy(family => family.Key.LastUpdatedAt))
        {
            if (purged > 0 && TimeProvider.System.GetElapsedTime(began) >= within)
            {
                return new(purged, IsComplete: false);
            }

            // Not every backend purges the children with their parent.
            foreach (var state in family.OrderBy(state => state != family.Key))
            {
                var count = policy.IsDryRun
                    ? 1
                    : (await client().PurgeInstanceAsync(state.InstanceId, new PurgeInstanceOptions(), cancellationToken)).PurgedInstanceCount;
                purged += relays.Contains(state.InstanceId) ? 0 : count;
            }
        }

        return new(purged, IsComplete: true);
    }

    /// <inheritdoc/>
    public async Task<OrchestrationState> WaitForCompletionAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var state = await FindAsync(instanceId, cancellationToken);
        return state.IsFinished
            ? state
            : DurableTaskStates.FromMetadata(
                await client().WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: true, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task RaiseEventAsync<T>(
        string instanceId, EventDefinition<T> definition, T payload, CancellationToken cancellationToken = default)
    {
        var json = Write(payload, definition.Payload, $"the event '{definition.Name}' for instance '{instanceId}'");
        await FindUnfinishedAsync(instanceId, "cannot be sent an event", cancellationToken);
        await client().RaiseEventAsync(
            instanceId,
            OrchestratorExecution.EventName,
            JsonSerializer.SerializeToElement(new(definition.Name, JsonElement.Parse(json)), DurableTaskJson.Default.RaisedEvent),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task SuspendAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        var state = await FindUnfinishedAsync(instanceId, "cannot be suspended", cancellationToken);
        if (state.RuntimeStatus != OrchestrationRuntimeStatus.Suspended)
        {
            await client().SuspendInstanceAsync(instanceId, reason, cancellationToken);
            await ConfirmAsync(instanceId, now => now.RuntimeStatus == OrchestrationRuntimeStatus.Suspended, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task ResumeAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        var state = await FindUnfinishedAsync(instanceId, "cannot be resumed", cancellationToken);
        if (state.RuntimeStatus == OrchestrationRuntimeStatus.Suspended)
        {
            await client().ResumeInstanceAsync(instanceId, reason, cancellationToken);
            await ConfirmAsync(instanceId, now => now.RuntimeStatus != OrchestrationRuntimeStatus.Suspended, cancellationToken);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Activities under way go on to their end, because Durable Task cannot reach them; their results are dropped.</remarks>
    public async Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken = default)
    {
        var state = await FindAsync(instanceId, cancellationToken);
        if (state.RuntimeStatus == OrchestrationRuntimeStatus.Terminated)
        {
            return;
        }

        EnsureUnfinished(state, "cannot be terminated");
        await client().TerminateInstanceAsync(instanceId, new TerminateInstanceOptions(reason, Recursive: true), cancellationToken);
        await ConfirmAsync(instanceId, now => now.IsFinished, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> PurgeAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        if (await GetAsync(instanceId, cancellationToken) is not { } state)
        {
            return false;
        }

        if (!state.IsFinished)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceStatus,
                $"Instance '{instanceId}' is {state.RuntimeStatus} and cannot be purged before it has ended; terminate it first.");
        }

        var result = await client().PurgeInstanceAsync(instanceId, new PurgeInstanceOptions(), cancellationToken);
        return result.PurgedInstanceCount > 0;
    }

    /// <inheritdoc/>
    /// <remarks>Not offered: Durable Task cannot rewind a step that its orchestrator tries again itself, as this engine's do.</remarks>
    public Task RewindAsync(string instanceId, string reason, CancellationToken cancellationToken = default) =>
        throw NotSupported("a rewind", "Restart the instance; what its activities have stored is reused.");

    /// <inheritdoc/>
    /// <remarks>With its own id the former instance is purged first: a crash in between leaves neither.</remarks>
    public Task<string> RestartAsync(string instanceId, string? newInstanceId = null, CancellationToken cancellationToken = default) =>
        RestartAsync(instanceId, newInstanceId, state => (state.Version, state.Input!), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>As without an input.</remarks>
    public Task<string> RestartAsync<TInput, TOutput>(
        string instanceId, OrchestratorDefinition<TInput, TOutput> definition, TInput input, string? newInstanceId = null,
        CancellationToken cancellationToken = default)
    {
        var json = Write(input, definition.Input, $"the input of orchestrator '{definition.Name}'");
        return RestartAsync(
            instanceId, newInstanceId,
            state => state.Name == definition.Name ? (definition.Version, json) : throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceConflict, $"Instance '{instanceId}' is one of '{state.Name}' and cannot be restarted as '{definition.Name}'."),
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Not offered: an activity that ended with its process too often fails, because Durable Task holds no step for a person.</remarks>
    public Task RetryStepAsync(string instanceId, int sequence, string reason, CancellationToken cancellationToken = default) =>
        throw NotSupported("a step in quarantine", "An activity that ends with its process too often fails here, and can be restarted with its instance.");

    /// <inheritdoc/>
    /// <remarks>Not offered, as <see cref="RetryStepAsync"/>.</remarks>
    public Task SkipStepAsync(
        string instanceId, int sequence, string output, string reason, CancellationToken cancellationToken = default) =>
        RetryStepAsync(instanceId, sequence, reason, cancellationToken);

    private static Microsoft.DurableTask.Client.OrchestrationQuery FilterOf(OrchestrationQuery query, int pageSize) => new(
        CreatedFrom: query.CreatedFrom,
        CreatedTo: query.CreatedBefore,
        Statuses: query.Statuses?.SelectMany(DurableTaskStates.ToDurableTask).Distinct(),
        InstanceIdPrefix: query.InstanceIdPrefix,
        PageSize: pageSize,
        FetchInputsAndOutputs: true);

    /// <summary>
    /// The ancestor with which a finished instance is forgotten, or one that is not finished and holds it. What a finished instance was the child of
    /// may be gone.
    /// </summary>
    private static OrchestrationState RootOf(OrchestrationState state, Dictionary<string, OrchestrationState> all)
    {
        var seen = new HashSet<string>();
        while (state.IsFinished && seen.Add(state.InstanceId) && state.ParentInstanceId is { } id && all.TryGetValue(id, out var parent))
        {
            state = parent;
        }

        return state;
    }

    private static OrchestrationException NotSupported(string what, string instead) =>
        new(OrchestrationErrorCodes.NotSupported, $"The Durable Task engine does not know {what}. {instead}");

    /// <summary>The state of a listed instance, or <see langword="null"/> when it is gone meanwhile. Not every backend lists how it has failed.</summary>
    private async ValueTask<OrchestrationState?> ReadAsync(OrchestrationMetadata metadata, CancellationToken cancellationToken) =>
        metadata is { RuntimeStatus: DtStatus.Failed, FailureDetails: null }
            ? await GetAsync(metadata.InstanceId, cancellationToken)
            : DurableTaskStates.FromMetadata(metadata);

    private async Task StartAsync(
        string id, string name, string version, string input, StartOptions options, CancellationToken cancellationToken)
    {
        EnsureRegistered(name, version);

        // Asked first, because not every backend refuses an id that is taken; the refusal decides between two at the same moment.
        if (await GetAsync(id, cancellationToken) is { } existing)
        {
            EnsureSame(existing, name, version, input);
            return;
        }

        var start = new StartOrchestrationOptions(id, options.StartAt)
        {
            Version = new TaskVersion(version),
            DedupeStatuses = s_anyStatus,
            Tags = options.Tags ?? new Dictionary<string, string>(),
        };
        try
        {
            await client().ScheduleNewOrchestrationInstanceAsync(
                name,
                JsonSerializer.SerializeToElement(
                    new()
                    {
                        Version = version,
                        Input = JsonElement.Parse(input),
                        Tags = options.Tags,
                        Priority = options.Priority == OrchestrationPriority.Normal ? null : options.Priority,
                    },
                    DurableTaskJson.Default.ExecutionInput),
                start,
                cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            EnsureSame(await FindAsync(id, cancellationToken), name, version, input);
        }
    }

    private async Task<string> RestartAsync(
        string instanceId, string? newInstanceId, Func<OrchestrationState, (string Version, string Input)> call, CancellationToken cancellationToken)
    {
        var id = InstanceIds.Choose(newInstanceId ?? instanceId);
        var state = await FindAsync(instanceId, cancellationToken);
        if (!state.IsFinished)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceStatus,
                $"Instance '{instanceId}' is {state.RuntimeStatus} and cannot be restarted before it has ended; terminate it first.");
        }

        var (version, input) = call(state);
        EnsureRegistered(state.Name, version);
        if (id == instanceId)
        {
            await PurgeAsync(id, cancellationToken);
        }

        await StartAsync(id, state.Name, version, input, new() { Tags = state.Tags, Priority = state.Priority }, cancellationToken);
        return id;
    }

    private void EnsureRegistered(string name, string version)
    {
        if (catalog.FindOrchestrator(name, version, _versionMatch) is null)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.OrchestratorNotRegistered,
                $"No orchestrator '{name}' version '{version}' is registered; add it to the catalog.");
        }
    }

    private static void EnsureSame(OrchestrationState existing, string name, string version, string input)
    {
        if (existing.Name != name
            || existing.Version != version
            || existing.Input is null
            || !JsonElement.DeepEquals(JsonElement.Parse(existing.Input), JsonElement.Parse(input)))
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceConflict,
                $"Instance '{existing.InstanceId}' exists already, with another orchestrator or input ('{existing.Name}' version " +
                $"'{existing.Version}'). Choose another id, or purge the old instance first.");
        }
    }

    private static void EnsureUnfinished(OrchestrationState state, string what)
    {
        if (state.IsFinished)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceStatus, $"Instance '{state.InstanceId}' has ended ({state.RuntimeStatus}) and {what}.");
        }
    }

    private async Task<OrchestrationState> FindUnfinishedAsync(string instanceId, string what, CancellationToken cancellationToken)
    {
        var state = await FindAsync(instanceId, cancellationToken);
        EnsureUnfinished(state, what);
        return state;
    }

    private async Task<OrchestrationState> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        await GetAsync(instanceId, cancellationToken)
        ?? throw new OrchestrationException(OrchestrationErrorCodes.InstanceNotFound, $"There is no instance '{instanceId}'.");

    // In real time, whatever clock the engine has: it waits for another process.
    private async Task ConfirmAsync(string instanceId, Func<OrchestrationState, bool> done, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await GetAsync(instanceId, cancellationToken) is { IsFinished: false } state
            && !done(state)
            && TimeProvider.System.GetElapsedTime(start) < s_confirmation)
        {
            await Task.Delay(s_pollInterval, TimeProvider.System, cancellationToken);
        }
    }

    private string Write<T>(T value, JsonTypeInfo<T> typeInfo, string what)
    {
        var json = JsonSerializer.Serialize(value, typeInfo);
        return PayloadLimit.Check(json, _maxPayloadBytes, what) is { } tooLarge ? throw tooLarge : json;
    }
}
