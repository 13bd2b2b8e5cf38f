namespace MlDurable.Orchestration;

/// <summary>An exception with a stable code, which then travels in <see cref="TaskFailureDetails.Code"/>.</summary>
public interface ICodedFailure
{
    /// <summary>A stable kebab-case code that programs may compare, such as <c>csv-empty</c>.</summary>
    string Code { get; }
}
