using Microsoft.Extensions.Logging;
using MlDurable.Api;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Triggers;
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

    /// <summary>Where to listen: <c>http://ADDRESS:PORT</c>; port 0 for a free one. Default: <c>http://127.0.0.1:8080</c>.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>Where the keys are kept. Default: in the store.</summary>
    public IApiKeySource? Keys { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Says where the log goes. Default: nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>The largest body of a request with JSON or a pipeline file, in bytes. Default: 1 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 1 << 20;

    /// <summary>The largest data file that can be uploaded, in bytes. Default: 1 GiB.</summary>
    public long MaxUploadBytes { get; init; } = 1L << 30;

    /// <summary>How many requests a second a key, or an address without one, may send in the long run; twice as many at once. Default: 5,000.</summary>
    public int RequestsPerSecond { get; init; } = 5000;

    /// <summary>After so long a request is given up, uploads and event streams apart. Default: 30 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop waits for the requests under way. Default: 10 seconds.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the records of runs are compared with the engine. Default: 30 seconds.</summary>
    public TimeSpan ReconcileInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked which schedules, waiting data and followers are due. Default: 1 second.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often data is listed, so that what no notification told of is found. Default: 1 minute.</summary>
    public TimeSpan DataInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How arriving data is taken in. Default: new options.</summary>
    public DataWatchOptions Data { get; init; } = new();

    /// <summary>The key and the address of one-time links to approve, as the engine's catalog has them. Default: no links.</summary>
    public ApprovalOptions Approvals { get; init; } = new();

    /// <summary>The directory of a workspace whose data folder is watched; null for a store that is none. Default: null.</summary>
    public string? WatchedDirectory { get; init; }
}
