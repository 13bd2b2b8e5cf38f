using MlDurable.Learning.Features;

namespace MlDurable.Learning.Metrics;

/// <summary>The metrics of every task. Thread-safe.</summary>
public static class MetricCatalog
{
    private const double UnitMargin = 0.005;
    private const double LossMargin = 0.01;

    /// <summary>All metrics, task by task, in the order in which a report shows them. Those of several tasks with the same name have the same display name
    /// and direction.</summary>
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
        .. OfTask(
            LearningTask.Multiclass,
            Loss("log-loss", "Log loss", MetricFormula.ClassLogLoss),
            Loss("brier", "Brier score", MetricFormula.ClassBrier),
            Unit("roc-auc", "ROC AUC", MetricFormula.ClassRocAuc),
            Unit("accuracy", "Accuracy", MetricFormula.ClassAccuracy),
            Unit("balanced-accuracy", "Balanced accuracy", MetricFormula.ClassBalancedAccuracy),
            Unit("macro-f1", "Macro F1", MetricFormula.ClassF1),
            Unit("mcc", "Matthews correlation", MetricFormula.ClassMcc),
            Unit("calibration-error", "Calibration error", MetricFormula.ClassCalibrationError) with { HigherIsBetter = false }),
        .. OfTask(
            LearningTask.Regression,
            Loss("rmse", "RMSE", MetricFormula.RootMeanSquaredError),
            Loss("mae", "MAE", MetricFormula.MeanAbsoluteError),
            Loss("median-absolute-error", "Median absolute error", MetricFormula.MedianAbsoluteError),
            Loss("mape", "MAPE", MetricFormula.MeanAbsolutePercentageError),
            Unit("r2", "R²", MetricFormula.RSquared),
            Loss("poisson-deviance", "Poisson deviance", MetricFormula.PoissonDeviance),
            Loss("pinball-10", "Pinball loss 10 %", MetricFormula.PinballLoss) with { Quantile = 0.1 },
            Loss("pinball-50", "Pinball loss 50 %", MetricFormula.PinballLoss) with { Quantile = 0.5 },
            Loss("pinball-90", "Pinball loss 90 %", MetricFormula.PinballLoss) with { Quantile = 0.9 }),
    ];

    /// <summary>The names of all metrics, each once, in the order of <see cref="All"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(metric => metric.Name).Distinct()];

    /// <summary>The metrics of a task, in the order in which a report shows them.</summary>
    /// <param name="task">The task.</param>
    public static IEnumerable<Metric> Of(LearningTask task) => All.Where(metric => metric.Task == task);

    /// <summary>Finds a metric of a task by its kebab-case name, ordinal.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">The name, such as <c>rmse</c>.</param>
    /// <returns>The metric, or null when the task has none of that name.</returns>
    public static Metric? Find(LearningTask task, string name) => All.FirstOrDefault(metric => metric.Task == task && metric.Name == name);

    /// <summary>Finds a metric of any task by its kebab-case name, ordinal: of several tasks that have the name the first, binary before multiclass.</summary>
    /// <param name="name">The name, such as <c>roc-auc</c>.</param>
    /// <returns>The metric, or null when there is none of that name.</returns>
    public static Metric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    private static IEnumerable<Metric> OfTask(LearningTask task, params IEnumerable<Metric> metrics) => metrics.Select(metric => metric with { Task = task });

    private static Metric Unit(string name, string displayName, MetricFormula formula) => new()
    {
        Name = name,
        Task = LearningTask.Binary,
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
