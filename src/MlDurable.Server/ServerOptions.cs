using MlDurable.Api;
using MlDurable.Storage;

namespace MlDurable.Server;

/// <summary>How the server works.</summary>
public sealed record ServerOptions
{
    /// <summary>The workspace.</summary>
    public required IBlobStore Store { get; init; }

    /// <summary>The engine, already open; the caller closes it after the server has stopped.</summary>
    public required RunEngine Engine { get; init; }

    /// <summary>What the engine tells.</summary>
    public required RunFeed Feed { get; init; }

    /// <summary>Where to listen; port 0 for a free one. Default: <c>http://127.0.0.1:8080</c>.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
