using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Serving;

/// <summary>A row that was sent for scoring cannot be read as the model's data is.</summary>
/// <param name="code">
/// <c>invalid-json</c>: the text is no JSON; <c>not-a-row</c>: a row is no object; <c>missing-column</c>: a column that the model needs is not there;
/// <c>wrong-type</c>: a value is not of its column's type; <c>duplicate-column</c>: a name occurs twice in a row; <c>too-many-rows</c>.
/// </param>
/// <param name="message">What was found, where, and what was expected.</param>
/// <param name="row">The row, from 0; null when it is about no row.</param>
/// <param name="columns">The columns, empty when it is about none.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class RowException(
    string code, string message, int? row = null, IReadOnlyList<string>? columns = null, Exception? innerException = null)
    : Exception(message, innerException), ICodedFailure
{
    /// <summary>The stable code of the failure.</summary>
    public string Code { get; } = code;

    /// <summary>The row, from 0 in the order sent; null when it is about no row.</summary>
    public int? Row { get; } = row;

    /// <summary>The columns that it is about; may be empty.</summary>
    public IReadOnlyList<string> Columns { get; } = columns ?? [];
}
