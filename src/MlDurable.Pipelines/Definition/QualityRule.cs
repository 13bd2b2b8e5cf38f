using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Definition;

/// <summary>What a broken quality rule does.</summary>
public enum QualityLevel
{
    /// <summary>The partition is quarantined. The default.</summary>
    Error,

    /// <summary>The report says so, and the partition is used.</summary>
    Warning,
}

/// <summary>The strongest drift from the reference profile that a partition may show.</summary>
public enum DriftLimit
{
    /// <summary>No drift at all.</summary>
    None,

    /// <summary>Drift that should be watched, but not drift that calls for action.</summary>
    Watch,
}

/// <summary>One check of every new partition.</summary>
public abstract record QualityRule
{
    private protected QualityRule()
    {
    }

    /// <summary>What happens when the rule is broken.</summary>
    public QualityLevel Level { get; init; }

    /// <summary>The line of the pipeline file that declares the rule, counted from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The expectation in words, for reports: <c>at least 100 rows</c>.</summary>
    public abstract string Expectation { get; }
}

/// <summary>A check of one column.</summary>
public abstract record ColumnQualityRule : QualityRule
{
    private protected ColumnQualityRule()
    {
    }

    /// <summary>The column's name.</summary>
    public required string Column { get; init; }
}

/// <summary>The partition has so many rows. At least one of the two limits is there.</summary>
/// <param name="AtLeast">The least number of rows, inclusive.</param>
/// <param name="AtMost">The greatest number of rows, inclusive.</param>
public sealed record RowCountRule(long? AtLeast, long? AtMost) : QualityRule
{
    /// <inheritdoc/>
    public override string Expectation => (AtLeast, AtMost) switch
    {
        ({ } least, { } most) => $"from {least} to {most} rows",
        ({ } least, null) => $"at least {least} rows",
        _ => $"at most {AtMost} rows",
    };
}

/// <summary>The column is there.</summary>
public sealed record RequiredColumnRule : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"a column '{Column}'";
}

/// <summary>Every present value of the column is of this kind.</summary>
/// <param name="Kind">The kind.</param>
public sealed record ColumnTypeRule(ColumnKind Kind) : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"'{Column}' of type {Kind.ToString().ToLowerInvariant()}";
}

/// <summary>Every present value of the column is a number in the range.</summary>
/// <param name="Minimum">The least value, inclusive.</param>
/// <param name="Maximum">The greatest value, inclusive.</param>
public sealed record RangeRule(double Minimum, double Maximum) : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"'{Column}' between {Minimum} and {Maximum}";
}

/// <summary>Every present value of the column is one of these; in a column of numbers, the same number.</summary>
/// <param name="Values">The values as written; at least one, none twice.</param>
public sealed record AllowedValuesRule(ImmutableArray<string> Values) : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"'{Column}' one of {string.Join(", ", Values)}";
}

/// <summary>Not too many values of the column are missing.</summary>
/// <param name="AtMost">The greatest share of rows without a value, from 0 to 1, inclusive.</param>
public sealed record MissingShareRule(double AtMost) : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"at most {AtMost:0.####%} of '{Column}' missing";
}

/// <summary>No present value of the column occurs twice in the partition.</summary>
public sealed record UniqueRule : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"no value of '{Column}' twice";
}

/// <summary>Most values of the column are ones that the reference has seen.</summary>
/// <param name="AtLeast">The least share of present values that the reference profile knows, from 0 to 1, inclusive.</param>
public sealed record KnownValuesRule(double AtLeast) : ColumnQualityRule
{
    /// <inheritdoc/>
    public override string Expectation => $"at least {AtLeast:0.####%} of '{Column}' known from earlier data";
}

/// <summary>The partition does not drift further from the reference profile than this.</summary>
/// <param name="AtMost">The strongest allowed drift.</param>
public sealed record DriftRule(DriftLimit AtMost) : QualityRule
{
    /// <inheritdoc/>
    public override string Expectation => AtMost == DriftLimit.None ? "no drift" : "at most drift to watch";
}
