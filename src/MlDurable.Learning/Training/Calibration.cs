using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Fits calibrators to rows that the model was not fitted to.</summary>
internal static class Calibration
{
    // Two numbers need little; steps follow every row, and with few rows they follow chance.
    private const int LeastPlattRows = 10;
    private const int LeastIsotonicRows = 50;

    /// <summary>Fits a calibrator.</summary>
    /// <param name="method">Which; not <see cref="CalibrationMethod.None"/>.</param>
    /// <param name="logOdds">The model's score of each row; never missing.</param>
    /// <param name="labels">1 or 0 for each row.</param>
    /// <exception cref="LearningException"><c>calibration-needs-rows</c>: a class has too few rows.</exception>
    public static Calibrator Fit(CalibrationMethod method, double[] logOdds, double[] labels)
    {
        var positives = labels.Count(label => label == 1);
        var least = method == CalibrationMethod.Platt ? LeastPlattRows : LeastIsotonicRows;
        if (positives < least || labels.Length - positives < least)
        {
            throw new LearningException(
                "calibration-needs-rows",
                $"The calibration '{method.ToString().ToLowerInvariant()}' needs at least {least} positive and {least} negative validation rows; "
                + $"there are {positives} and {labels.Length - positives}. Give more rows to the validation part, or leave the calibration out.");
        }

        var limited = Array.ConvertAll(logOdds, Calibrator.Limit);
        return method == CalibrationMethod.Platt ? PlattScaling.Fit(limited, labels) : IsotonicRegression.Fit(limited, labels);
    }
}
