namespace MlDurable.Api.Security;

/// <summary>What a user of the API may do.</summary>
public enum ApiRole
{
    /// <summary>Looks at everything and scores rows; changes nothing.</summary>
    Viewer,

    /// <summary>Also starts and steers runs, brings data in, and pauses schedules.</summary>
    Operator,

    /// <summary>A viewer who also answers approvals and moves the champion. Starts nothing, so that who runs and who approves can be kept apart.</summary>
    Approver,

    /// <summary>Everything, also deploying pipelines and purging.</summary>
    Admin,
}
