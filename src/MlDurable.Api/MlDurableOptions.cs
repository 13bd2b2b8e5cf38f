using MlDurable.Api.Security;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Api;

/// <summary>What the API works with. Read once, when the application is built.</summary>
public sealed class MlDurableOptions
{
    /// <summary>The workspace. Required.</summary>
    public IBlobStore? Store { get; set; }

    /// <summary>The engine that runs are started on. Required.</summary>
    public RunEngine? Engine { get; set; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// What a request without credentials may do; null for nothing. Default: null. Only right where nobody but the user of the machine can reach
    /// the application.
    /// </summary>
    public ApiRole? AnonymousRole { get; set; }

    /// <summary>
    /// The authentication schemes that tell who asks; empty for the application's default scheme. Default: empty. Whoever authenticates needs the
    /// claim <see cref="System.Security.Claims.ClaimTypes.Role"/> with one of <c>viewer</c>, <c>operator</c>, <c>approver</c> and <c>admin</c>.
    /// </summary>
    public IList<string> AuthenticationSchemes { get; } = [];

    /// <summary>The largest body of a request with JSON or a pipeline file, in bytes. Default: 1 MiB.</summary>
    public int MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>The largest data file that can be uploaded, in bytes. Default: 1 GiB.</summary>
    public long MaxUploadBytes { get; set; } = 1L << 30;

    /// <summary>The largest JSON body with rows to score, in bytes. Default: 8 MiB. CSV to score may have <see cref="MaxUploadBytes"/>.</summary>
    public int MaxPredictBytes { get; set; } = 8 << 20;

    /// <summary>The most rows of one JSON body that are scored. Default: 10,000.</summary>
    public int MaxPredictRows { get; set; } = 10_000;

    /// <summary>The most rows of one JSON body that are scored with reasons, which takes longer than scoring. Default: 1,000.</summary>
    public int MaxExplainRows { get; set; } = 1_000;

    /// <summary>How models are kept ready for predictions. Default: new options.</summary>
    public ServedModelsOptions Serving { get; set; } = new();

    /// <summary>Schedules whose instants are closer together are refused, visibly: the host ticks too seldom for them. Default: zero, none.</summary>
    public TimeSpan MinimumScheduleGap { get; set; }

    /// <summary>How arriving data is taken in. Default: new options.</summary>
    public DataWatchOptions Data { get; set; } = new();

    /// <summary>The key and the address of one-time links to approve; the catalog of the engine must have the same. Default: no links.</summary>
    public ApprovalOptions Approvals { get; set; } = new();
}
