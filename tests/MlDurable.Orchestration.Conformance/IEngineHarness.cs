namespace MlDurable.Orchestration.Conformance;

/// <summary>What a suite needs of an engine. Each harness has a store of its own, which outlives the engine.</summary>
public interface IEngineHarness : IAsyncDisposable
{
    /// <summary>The client of the engine that is open.</summary>
    IOrchestrationClient Client { get; }

    /// <summary>The present time of the engine.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Opens an engine on the store. It has four activity slots, a pool "narrow" of one and a pool "wide" of three.</summary>
    Task OpenAsync(OrchestrationCatalog catalog, VersionMatchStrategy versionMatch = VersionMatchStrategy.Strict);

    /// <summary>Closes the engine in order.</summary>
    Task CloseAsync();

    /// <summary>Ends the engine as a power loss would: nothing that was not durable survives.</summary>
    Task CrashAsync();

    /// <summary>Lets time pass.</summary>
    Task AdvanceAsync(TimeSpan time);
}
