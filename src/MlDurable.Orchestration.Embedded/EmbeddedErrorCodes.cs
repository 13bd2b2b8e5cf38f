namespace MlDurable.Orchestration.Embedded;

/// <summary>The codes that the embedded engine adds to <see cref="OrchestrationErrorCodes"/>.</summary>
public static class EmbeddedErrorCodes
{
    /// <summary>The journal on disk is damaged before its end; the message names file and offset.</summary>
    public const string JournalCorrupt = "journal-corrupt";

    /// <summary>The journal could not be written or flushed: the engine has stopped.</summary>
    public const string JournalWriteFailed = "journal-write-failed";

    /// <summary>A handler of <see cref="EmbeddedEngine.Observed"/> threw: the engine has stopped.</summary>
    public const string ObserverFailed = "observer-failed";

    /// <summary>The engine has a bug, and stopped before it could write anything wrong.</summary>
    public const string InternalError = "internal-error";

    /// <summary>The engine is closed.</summary>
    public const string EngineClosed = "engine-closed";

    /// <summary>Another process owns the workspace; the message names its pid and host.</summary>
    public const string WorkspaceOwned = "workspace-owned";

    /// <summary>The workspace's directory cannot be used.</summary>
    public const string WorkspaceUnusable = "workspace-unusable";

    /// <summary>No owner of the workspace answers.</summary>
    public const string OwnerUnreachable = "owner-unreachable";

    /// <summary>A control message is larger than the limit or is not what was agreed.</summary>
    public const string ControlMessageInvalid = "control-message-invalid";

    /// <summary>The handler of a control request threw an exception that has no code.</summary>
    public const string ControlRequestFailed = "control-request-failed";
}
