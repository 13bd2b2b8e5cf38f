namespace MlDurable.Orchestration.Embedded;

/// <summary>A command for the owner of a workspace.</summary>
/// <param name="Command">Its name.</param>
/// <param name="Arguments">Its arguments as JSON, or <see langword="null"/>.</param>
public sealed record ControlRequest(string Command, string? Arguments);

/// <summary>The owner's answer.</summary>
/// <param name="Ok">Whether the command was carried out.</param>
/// <param name="Result">Its result as JSON, or <see langword="null"/>.</param>
/// <param name="ErrorCode">The stable code of the error, when not carried out.</param>
/// <param name="ErrorMessage">The error for a person, when not carried out.</param>
public sealed record ControlResponse(bool Ok, string? Result, string? ErrorCode, string? ErrorMessage);
