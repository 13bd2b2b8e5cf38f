namespace MlDurable.Orchestration;

/// <summary>The root of the errors of the durable contract and of its engines.</summary>
public class OrchestrationException : Exception, ICodedFailure
{
    /// <summary>Makes an error.</summary>
    /// <param name="code">One of <see cref="OrchestrationErrorCodes"/>, or an engine's own.</param>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public OrchestrationException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>A stable kebab-case code that programs may compare.</summary>
    public string Code { get; }
}
