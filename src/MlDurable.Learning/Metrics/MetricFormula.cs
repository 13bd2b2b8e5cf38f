namespace MlDurable.Learning.Metrics;

internal enum MetricFormula
{
    RocAuc,
    PrAuc,
    LogLoss,
    Brier,
    CalibrationError,
    Accuracy,
    BalancedAccuracy,
    Precision,
    Recall,
    F1,
    Mcc,
    ClassLogLoss,
    ClassAccuracy,
    RootMeanSquaredError,
    MeanAbsoluteError,
    RSquared,
}
