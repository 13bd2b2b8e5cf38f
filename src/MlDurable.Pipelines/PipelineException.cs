using MlDurable.Orchestration;

namespace MlDurable.Pipelines;

/// <summary>Something that a person or another system must put right before a pipeline can go on.</summary>
/// <remarks>The message says what was found, where, and what to do. <see cref="Code"/> is stable and may be matched by callers.</remarks>
public sealed class PipelineException : Exception, ICodedFailure
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">A stable, kebab-case code such as <c>no-partitions</c>.</param>
    /// <param name="message">What was found, where, and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public PipelineException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>The stable code of the failure.</summary>
    public string Code { get; }
}
