using System.Collections.Immutable;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Api;

/// <summary>A request that cannot be carried out as it is. The message says what was found and what to do.</summary>
public sealed class ApiException : Exception, ICodedFailure
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">A stable, kebab-case code, which <see cref="Endpoints.ApiProblems"/> gives a status.</param>
    /// <param name="message">What was found and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ApiException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>The stable code of the failure.</summary>
    public string Code { get; }

    /// <summary>What is wrong with a pipeline file or its parameters, each at its place; empty for other problems.</summary>
    public ImmutableArray<PipelineProblem> Problems { get; init; } = [];
}
