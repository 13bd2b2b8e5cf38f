namespace MlDurable.Learning.Drift;

/// <summary>When a difference counts. A threshold that is null is off.</summary>
public sealed record DriftOptions
{
    /// <summary>
    /// The population stability index. Default 0.1 and 0.25, each raised to what chance alone reaches in 1 % of windows without
    /// drift, chi2(0.99) with one degree of freedom less than bins, times 1/n + 1/m for n reference and m current rows.
    /// </summary>
    public DriftThreshold? PopulationStability { get; init; } = new(0.1, 0.25);

    /// <summary>The Wasserstein distance in standard deviations of the reference (numbers only). Default 0.1 and 0.3.</summary>
    public DriftThreshold? Wasserstein { get; init; } = new(0.1, 0.3);

    /// <summary>The Jensen–Shannon distance, base 2. Default 0.1 and 0.2.</summary>
    public DriftThreshold? JensenShannon { get; init; } = new(0.1, 0.2);

    /// <summary>The Kolmogorov–Smirnov distance (numbers only). Default 0.1 and 0.2.</summary>
    public DriftThreshold? KolmogorovSmirnov { get; init; } = new(0.1, 0.2);

    /// <summary>The share of drifted columns from which on the data set is to be watched, and to be acted on. Default 0.3 and 0.5.</summary>
    public DriftThreshold? DriftedColumns { get; init; } = new(0.3, 0.5);

    /// <summary>The expected share of false alarms among the alarms (Benjamini–Hochberg). Default 0.05.</summary>
    public double FalseDiscoveryRate { get; init; } = 0.05;

    /// <summary>The fewest current rows that are compared. Default 200.</summary>
    public int MinimumRows { get; init; } = 200;
}
