namespace MlDurable.Learning.Judging;

/// <summary>How a metric must compare with the bound of a gate.</summary>
public enum GateComparison
{
    /// <summary>At or above the bound: <c>&gt;=</c>.</summary>
    AtLeast,

    /// <summary>At or below the bound: <c>&lt;=</c>.</summary>
    AtMost,

    /// <summary>Above the bound: <c>&gt;</c>.</summary>
    Above,

    /// <summary>Below the bound: <c>&lt;</c>.</summary>
    Below,
}
