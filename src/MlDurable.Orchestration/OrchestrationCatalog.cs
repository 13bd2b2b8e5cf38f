using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration;

/// <summary>
/// The orchestrators and activities that a process can run. Fill it before it is given to an engine; after that it is read from several
/// threads and must not change.
/// </summary>
public sealed class OrchestrationCatalog
{
    private readonly Dictionary<(string Name, string Version), OrchestratorRegistration> _orchestrators = [];
    private readonly Dictionary<string, ActivityRegistration> _activities = [];

    /// <summary>All orchestrators, in no particular order.</summary>
    public IReadOnlyCollection<OrchestratorRegistration> Orchestrators => _orchestrators.Values;

    /// <summary>All activities, in no particular order.</summary>
    public IReadOnlyCollection<ActivityRegistration> Activities => _activities.Values;

    /// <summary>Adds a version of an orchestrator.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="definition">Its identity.</param>
    /// <param name="create">Makes the object that runs one execution.</param>
    /// <returns>This catalog.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.DuplicateRegistration"/>: it is there already.</exception>
    public OrchestrationCatalog AddOrchestrator<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> definition, Func<Orchestrator<TInput, TOutput>> create)
    {
        if (!_orchestrators.TryAdd(
            (definition.Name, definition.Version), new OrchestratorRegistration<TInput, TOutput>(definition, create)))
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.DuplicateRegistration,
                $"Orchestrator '{definition.Name}' version '{definition.Version}' is in the catalog already; register each version once.");
        }

        return this;
    }

    /// <summary>Adds an activity.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="definition">Its identity.</param>
    /// <param name="activity">The object that serves all calls, from several threads at once.</param>
    /// <returns>This catalog.</returns>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.DuplicateRegistration"/>: it is there already.</exception>
    public OrchestrationCatalog AddActivity<TInput, TOutput>(
        ActivityDefinition<TInput, TOutput> definition, Activity<TInput, TOutput> activity)
    {
        if (!_activities.TryAdd(definition.Name, new ActivityRegistration<TInput, TOutput>(definition, activity)))
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.DuplicateRegistration,
                $"Activity '{definition.Name}' is in the catalog already; register each name once.");
        }

        return this;
    }

    /// <summary>Finds the orchestrator that runs an instance.</summary>
    /// <param name="name">The name of the orchestrator.</param>
    /// <param name="version">The version that the instance was started with.</param>
    /// <param name="match">Which other version will do. Default: none.</param>
    /// <returns>The registration, or <see langword="null"/>.</returns>
    public OrchestratorRegistration? FindOrchestrator(string name, string version, VersionMatchStrategy match = VersionMatchStrategy.Strict) =>
        _orchestrators.TryGetValue((name, version), out var exact) ? exact
        : match == VersionMatchStrategy.Strict ? null
        : _orchestrators.Values
            .Where(registered => registered.Name == name && VersionOrder.Instance.Compare(registered.Version, version) > 0)
            .MinBy(registered => registered.Version, VersionOrder.Instance);

    /// <summary>Finds an activity.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The registration, or <see langword="null"/>.</returns>
    public ActivityRegistration? FindActivity(string name) => _activities.GetValueOrDefault(name);
}
