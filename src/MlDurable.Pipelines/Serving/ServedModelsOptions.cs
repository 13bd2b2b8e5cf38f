namespace MlDurable.Pipelines.Serving;

/// <summary>How models are kept ready for predictions.</summary>
public sealed record ServedModelsOptions
{
    /// <summary>How often the registry is asked whether an alias has moved. Default 5 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most versions that are kept in memory; beyond it, what was used least recently is dropped and read again when asked for.
    /// Default 16; at least 1.</summary>
    public int MaxVersions { get; init; } = 16;

    /// <summary>How long an alias without a request is followed. Default 10 minutes.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the answer that there is no such model, or that it cannot be read, is given again without asking the store. Default 2 s.</summary>
    public TimeSpan FailureTime { get; init; } = TimeSpan.FromSeconds(2);
}
