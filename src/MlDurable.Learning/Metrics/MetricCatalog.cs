namespace MlDurable.Learning.Metrics;

/// <summary>The metrics of binary classification. Thread-safe.</summary>
public static class MetricCatalog
{
    private const double UnitMargin = 0.005;
    private const double LossMargin = 0.01;

    /// <summary>All metrics, in the order in which a report shows them.</summary>
    public static IReadOnlyList<Metric> All { get; } =
    [
        Unit("roc-auc", "ROC AUC", MetricFormula.RocAuc),
        Unit("pr-auc", "PR AUC", MetricFormula.PrAuc),
        Loss("log-loss", "Log loss", MetricFormula.LogLoss),
        Loss("brier", "Brier score", MetricFormula.Brier),
        Decision("accuracy", "Accuracy", MetricFormula.Accuracy),
        Decision("balanced-accuracy", "Balanced accuracy", MetricFormula.BalancedAccuracy),
        Decision("precision", "Precision", MetricFormula.Precision),
        Decision("recall", "Recall", MetricFormula.Recall),
        Decision("f1", "F1", MetricFormula.F1),
        Decision("mcc", "Matthews correlation", MetricFormula.Mcc),
        Unit("calibration-error", "Calibration error", MetricFormula.CalibrationError) with { HigherIsBetter = false },
    ];

    /// <summary>Finds a metric by its kebab-case name, ordinal.</summary>
    /// <param name="name">The name, such as <c>roc-auc</c>.</param>
    /// <returns>The metric, or null when there is none of that name.</returns>
    public static Metric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    private static Metric Unit(string name, string displayName, MetricFormula formula) => new()
    {
        Name = name,
        DisplayName = displayName,
        HigherIsBetter = true,
        DefaultMargin = UnitMargin,
        MarginIsRelative = false,
        UsesThreshold = false,
        Formula = formula,
    };

    private static Metric Loss(string name, string displayName, MetricFormula formula) =>
        Unit(name, displayName, formula) with { HigherIsBetter = false, DefaultMargin = LossMargin, MarginIsRelative = true };

    private static Metric Decision(string name, string displayName, MetricFormula formula) =>
        Unit(name, displayName, formula) with { UsesThreshold = true };
}
