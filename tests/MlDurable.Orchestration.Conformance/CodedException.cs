namespace MlDurable.Orchestration.Conformance;

/// <summary>A failure with a code, as activities throw it.</summary>
public sealed class CodedException(string code, string message) : Exception(message), ICodedFailure
{
    public string Code { get; } = code;
}
