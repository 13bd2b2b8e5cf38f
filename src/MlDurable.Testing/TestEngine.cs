using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Testing;

/// <summary>
/// The embedded engine on a disk and a clock in memory, for tests of orchestrators: days pass at once, the power can fail at any write, and code can be
/// changed under running instances. Not safe for use from several threads; its <see cref="Client"/> is.
/// </summary>
public sealed class TestEngine : IAsyncDisposable
{
    private readonly Func<EmbeddedEngineOptions, EmbeddedEngineOptions> _configure;
    private readonly Simulation? _simulation;
    private OrchestrationCatalog _catalog;
    private EmbeddedEngine? _engine;
    private object _process = new();

    private TestEngine(OrchestrationCatalog catalog, Func<EmbeddedEngineOptions, EmbeddedEngineOptions> configure, Simulation? simulation)
    {
        _catalog = catalog;
        _configure = configure;
        _simulation = simulation;
    }

    /// <summary>The clock; it stands still until it is advanced. It begins on 1 January 2026, UTC.</summary>
    public VirtualTimeProvider Clock { get; } = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The disk of the journal.</summary>
    public SimulatedDisk Disk { get; } = new();

    /// <summary>The open engine.</summary>
    /// <exception cref="InvalidOperationException">It is closed.</exception>
    public EmbeddedEngine Engine => _engine ?? throw new InvalidOperationException("The engine is closed; open it again first.");

    /// <summary>Starts, watches and steers instances.</summary>
    public IOrchestrationClient Client => Engine.Client;

    /// <summary>Opens an engine on an empty disk.</summary>
    /// <param name="catalog">The orchestrators and activities.</param>
    /// <param name="configure">Changes the options; directory, clock and disk are given. Default: as they are.</param>
    /// <param name="simulation">The simulation that decides in which order everything runs. Default: none; activities run on threads.</param>
    /// <returns>The open engine.</returns>
    public static async Task<TestEngine> OpenAsync(
        OrchestrationCatalog catalog, Func<EmbeddedEngineOptions, EmbeddedEngineOptions>? configure = null, Simulation? simulation = null)
    {
        var engine = new TestEngine(catalog, configure ?? (options => options), simulation);
        await engine.OpenAsync();
        return engine;
    }

    /// <summary>Starts an instance and lets the time pass that it needs to end.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="definition">Which orchestrator and version.</param>
    /// <param name="input">Its input.</param>
    /// <param name="instanceId">Its id. Default: a random one.</param>
    /// <param name="cancellationToken">Gives up on one that waits for something else than time.</param>
    /// <returns>Its last state.</returns>
    public async Task<OrchestrationState> RunAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> definition, TInput input, string? instanceId = null, CancellationToken cancellationToken = default) =>
        await WaitAsync(await Client.StartAsync(definition, input, new() { InstanceId = instanceId }, cancellationToken), cancellationToken);

    /// <summary>Lets the time pass that an instance needs to end: from timer to timer, whenever the engine has nothing else to do.</summary>
    /// <param name="instanceId">Which.</param>
    /// <param name="cancellationToken">Gives up on one that waits for something else than time.</param>
    /// <returns>Its last state.</returns>
    public async Task<OrchestrationState> WaitAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var end = Client.WaitForCompletionAsync(instanceId, cancellationToken);
        while (!end.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Engine.IsIdle && Engine.NextDue - Clock.GetUtcNow() is { } wait)
            {
                Clock.Advance(wait + TimeSpan.FromMilliseconds(1));
            }

            await Task.Yield();
        }

        return await end;
    }

    /// <summary>
    /// Lets the engine do all that it can before time passes: turns and activities, until only timers and clients could bring more and all of it is on
    /// disk.
    /// </summary>
    /// <param name="cancellationToken">Gives up on an activity that waits for time or for a client.</param>
    /// <returns>A task that ends when nothing is under way.</returns>
    public async Task SettleAsync(CancellationToken cancellationToken = default)
    {
        do
        {
            while (!Engine.IsIdle)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            await Engine.FlushAsync();
        }
        while (!Engine.IsIdle);
    }

    /// <summary>The power fails: what was not flushed is lost, and the engine is opened again.</summary>
    /// <param name="chance">Decides what of the unflushed writes the disk kept. Default: nothing.</param>
    /// <returns>A task that ends when the engine is open.</returns>
    public async Task CrashAsync(Random? chance = null)
    {
        Disk.PowerOff();
        await CloseAsync();
        Disk.PowerOn(chance);
        await OpenAsync();
    }

    /// <summary>Closes the engine in order and opens it with other code, as a deployment does.</summary>
    /// <param name="catalog">The code.</param>
    /// <returns>A task that ends when the engine is open.</returns>
    public async Task DeployAsync(OrchestrationCatalog catalog)
    {
        await CloseAsync();
        _catalog = catalog;
        await OpenAsync();
    }

    /// <summary>Checks that code follows the histories of all unfinished instances, as it must before it is deployed.</summary>
    /// <param name="catalog">The code.</param>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.Nondeterminism"/> or <see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/>, with the first instance that
    /// it does not fit, what was expected and what was found.
    /// </exception>
    public void AssertReplays(OrchestrationCatalog catalog)
    {
        if (HistoryReplay.Check(Disk.Mount(), catalog).Mismatches is [var mismatch, ..])
        {
            throw new OrchestrationException(mismatch.Failure.Code!, mismatch.Failure.ErrorMessage);
        }
    }

    /// <summary>Closes the engine.</summary>
    /// <returns>A task that ends when it is closed.</returns>
    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task OpenAsync()
    {
        _process = new();
        _engine = await EmbeddedEngine.OpenAsync(
            _catalog, _configure(new() { Directory = "/simulated", Files = Disk.Mount(), TimeProvider = Clock, Post = _simulation?.Thread.Of(_process) }));
    }

    private async Task CloseAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
            _simulation?.Thread.Drop(_process);
            _engine = null;
        }
    }
}
