using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>How one column differs from the reference.</summary>
public sealed record ColumnDrift
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>The column's kind in the reference.</summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>What follows.</summary>
    public required DriftLevel Level { get; init; }

    /// <summary>The bins that hold a row on either side; 0 when not compared.</summary>
    public int Bins { get; init; }

    /// <summary>The population stability index over the bins; null when not compared.</summary>
    public double? PopulationStability { get; init; }

    /// <summary>The Jensen–Shannon distance over the same bins, base 2, 0 to 1; null when not compared.</summary>
    public double? JensenShannon { get; init; }

    /// <summary>The Wasserstein distance of the values present, in standard deviations of the reference (at least 0.001); numbers only.</summary>
    public double? Wasserstein { get; init; }

    /// <summary>The Kolmogorov–Smirnov distance of the values present, 0 to 1; numbers only.</summary>
    public double? KolmogorovSmirnov { get; init; }

    /// <summary>Cramér's V over the bins, 0 to 1; null when not compared.</summary>
    public double? CramersV { get; init; }

    /// <summary>
    /// The chance of such a difference without drift: of the chi-square test over bins with an expectation of at least 5; for numbers
    /// twice the smaller of it and the Kolmogorov–Smirnov test's. Null when not compared.
    /// </summary>
    public double? PValue { get; init; }

    /// <summary>The p-value after Benjamini and Hochberg's correction over all columns compared.</summary>
    public double? QValue { get; init; }

    /// <summary>The share of reference rows without a value.</summary>
    public double ReferenceMissing { get; init; }

    /// <summary>The share of current rows without a value; null when the column is not there.</summary>
    public double? CurrentMissing { get; init; }

    /// <summary>The share of current rows with a value that the reference never had: another category, or a number outside its range.</summary>
    public double? Unseen { get; init; }

    /// <summary>A plain sentence.</summary>
    public required string Detail { get; init; }
}
