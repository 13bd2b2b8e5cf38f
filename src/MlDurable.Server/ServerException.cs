using MlDurable.Orchestration;

namespace MlDurable.Server;

/// <summary>Something that must be put right before the server can start.</summary>
public sealed class ServerException : Exception, ICodedFailure
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">A stable, kebab-case code: <c>keys-required</c>, <c>listen-invalid</c> or <c>listen-failed</c>.</param>
    /// <param name="message">What was found and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ServerException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>The stable code of the failure.</summary>
    public string Code { get; }
}
