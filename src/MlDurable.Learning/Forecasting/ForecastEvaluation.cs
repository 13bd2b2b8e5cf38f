using System.Collections.Immutable;

namespace MlDurable.Learning.Forecasting;

/// <summary>A forecast and what came.</summary>
/// <param name="Ahead">How many steps after the last known value, from 1 on.</param>
/// <param name="Actual">What came.</param>
/// <param name="Forecast">What was forecast.</param>
public sealed record ForecastError(int Ahead, double Actual, double Forecast)
{
    /// <summary>|forecast - actual|.</summary>
    public double Absolute => Math.Abs(Forecast - Actual);

    internal long Step { get; init; }
}

/// <summary>The forecasts of a series from one origin.</summary>
/// <param name="Series">The series.</param>
/// <param name="Origin">The beginning of the first step that was not known.</param>
/// <param name="Scale">The mean absolute difference between known values a season apart; 0 where there are none.</param>
/// <param name="Errors">Those whose value came, at least one.</param>
public sealed record ForecastWindow(string Series, DateTime Origin, double Scale, ImmutableArray<ForecastError> Errors)
{
    /// <summary>The sum of the absolute errors over the scale.</summary>
    internal double ScaledErrors => Errors.Sum(error => error.Absolute) / Scale;
}

/// <summary>How good a forecaster was.</summary>
/// <param name="Forecaster">Its name.</param>
/// <param name="Windows">Origin by origin, oldest first, and in it by the names of the series.</param>
public sealed record ForecastEvaluation(string Forecaster, ImmutableArray<ForecastWindow> Windows)
{
    /// <summary>The mean absolute error.</summary>
    public double Mae => Errors.Average(error => error.Absolute);

    /// <summary>The root of the mean squared error.</summary>
    public double Rmse => Math.Sqrt(Errors.Average(error => error.Absolute * error.Absolute));

    /// <summary>
    /// The mean absolute scaled error (Hyndman and Koehler, "Another look at measures of forecast accuracy", 2006): errors in units of the mean change over a
    /// season within the history. Below 1 is better than repeating the last season was there. NaN when no window has a scale.
    /// </summary>
    public double Mase
    {
        get
        {
            var scaled = Windows.Where(window => window.Scale > 0).ToList();
            return scaled.Sum(window => window.ScaledErrors) / scaled.Sum(window => window.Errors.Length);
        }
    }

    /// <summary>The symmetric mean absolute percentage error, from 0 to 2: 2 |forecast - actual| / (|forecast| + |actual|), 0 where both are 0.</summary>
    public double Smape => Errors.Average(error =>
        error.Absolute == 0 ? 0 : 2 * error.Absolute / (Math.Abs(error.Forecast) + Math.Abs(error.Actual)));

    /// <summary>The mean absolute error of each step ahead.</summary>
    public ImmutableSortedDictionary<int, double> MaeByStep =>
        Errors.GroupBy(error => error.Ahead).ToImmutableSortedDictionary(step => step.Key, step => step.Average(error => error.Absolute));

    private IEnumerable<ForecastError> Errors => Windows.SelectMany(window => window.Errors);
}
