namespace MlDurable.Orchestration;

/// <summary>Which code runs an instance. The words are those of Durable Task.</summary>
public enum VersionMatchStrategy
{
    /// <summary>Only code of the version that the instance was started with.</summary>
    Strict,

    /// <summary>
    /// Code of the instance's version or, where that is not registered, of the next newer registered version of the same orchestrator; never of
    /// an older one. The code sees the instance's own version as <see cref="OrchestrationContext.Version"/>, and must decide for it as the old
    /// code did.
    /// </summary>
    /// <remarks>
    /// Versions are compared part by part between their dots. Parts of digits are numbers, of any length, and older than other parts, which are
    /// compared by ordinal; a part that is not there or empty is older than one that is. So "1" is older than "1.0", "1.9" than "1.10", "1.10" than
    /// "1.10-beta", and "9" than "10". Versions that differ only in leading zeros are ordered by ordinal.
    /// </remarks>
    CurrentOrOlder,
}
