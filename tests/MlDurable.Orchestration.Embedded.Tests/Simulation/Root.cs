namespace MlDurable.Orchestration.Embedded.Tests.Simulation;

/// <summary>An instance as its client knows it: what was asked for, and what was certainly answered.</summary>
internal sealed class Root(string id, Script script, OrchestrationPriority priority, string? singletonKey, bool isMortal)
{
    public string Id { get; } = id;

    public Script Script { get; } = script;

    public string Input => $"{Script.Steps};0;";

    public StartOptions Options { get; } = new() { InstanceId = id, Priority = priority, SingletonKey = singletonKey };

    /// <summary>Whether its client may terminate it.</summary>
    public bool IsMortal { get; } = isMortal;

    public bool IsStarted { get; set; }

    public bool IsSuspended { get; set; }

    public bool IsTerminationAsked { get; set; }

    public bool IsPurgeAsked { get; set; }

    /// <summary>How many events were sent, with the numbers from 0.</summary>
    public int Sent { get; set; }

    /// <summary>The events whose acceptance was confirmed.</summary>
    public HashSet<int> Accepted { get; } = [];

    /// <summary>Its end, once the client has seen it: it never changes again.</summary>
    public (OrchestrationRuntimeStatus Status, string? Output)? End { get; set; }

    public bool IsDone { get; set; }
}
