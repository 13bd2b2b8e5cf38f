namespace MlDurable.Orchestration.Embedded;

/// <summary>What is started: an orchestrator, its version, and the input as JSON.</summary>
internal sealed record OrchestratorCall(string Name, string Version, string Input);
