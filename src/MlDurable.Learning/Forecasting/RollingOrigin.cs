using System.Collections.Immutable;
using MlDurable.Learning.Judging;

namespace MlDurable.Learning.Forecasting;

/// <summary>How forecasters are evaluated.</summary>
public sealed record RollingOriginOptions
{
    /// <summary>From how many origins forecasts are made, at least 1. Default 5.</summary>
    public int Origins { get; init; } = 5;

    /// <summary>How many steps lie between two origins, at least 1; null (the default) for the horizon, so that no value is forecast twice.</summary>
    public int? Stride { get; init; }
}

/// <summary>
/// Evaluates forecasters as they will be used: from each of several origins they learn from what was known then, of all series, and forecast what came
/// after (Tashman, "Out-of-sample tests of forecasting accuracy", 2000). Thread-safe.
/// </summary>
public static class RollingOrigin
{
    /// <summary>Fits a forecaster at each origin and compares its forecasts with what came.</summary>
    /// <param name="forecaster">The forecaster.</param>
    /// <param name="request">All series, the newest values among them; the horizon, the season, the seed.</param>
    /// <param name="options">The origins; the newest lies a horizon before the end of all series.</param>
    /// <param name="cancellationToken">Stops between two iterations of a fit.</param>
    /// <exception cref="LearningException"><c>series-too-short</c>: nothing is left to learn from, or to compare with, at an origin; or as
    /// <see cref="IForecaster.Fit"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static ForecastEvaluation Evaluate(
        IForecaster forecaster, ForecastRequest request, RollingOriginOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RollingOriginOptions();
        request.RequireForecastable();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Origins, 1, nameof(options));
        var stride = options.Stride ?? request.Horizon;
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1, nameof(options));
        var windows = ImmutableArray.CreateBuilder<ForecastWindow>();
        for (var i = options.Origins - 1; i >= 0; i--)
        {
            var end = request.Series.End - request.Horizon - ((long)i * stride);
            var history = request.Series.Before(end);
            var before = windows.Count;
            if (!history.Series.IsEmpty)
            {
                var model = forecaster.Fit(request with { Series = history, Progress = null }, cancellationToken);
                windows.AddRange(Compare(request, history, model.Forecast(history), end));
            }

            if (windows.Count == before)
            {
                throw new LearningException(
                    "series-too-short",
                    $"From {request.Series.Step.StartOf(Math.Max(end, 0)):yyyy-MM-ddTHH:mm:ssZ} on, the origin {options.Origins - i} of {options.Origins}, there is nothing to compare forecasts with, "
                    + "or nothing known before. Give more history, fewer origins, or a shorter horizon.");
            }

            request.Progress?.Report((options.Origins - (double)i) / options.Origins);
        }

        return new ForecastEvaluation(forecaster.Name, windows.ToImmutable());
    }

    /// <summary>Compares two forecasters on the same windows.</summary>
    /// <param name="candidate">What the candidate reached.</param>
    /// <param name="reference">What the reference reached, of the same request and options.</param>
    /// <param name="options">The resampling, of whole windows, since errors of one window are alike; its confidence is one-sided, the interval two-sided at
    /// 1 - 2(1 - c).</param>
    /// <returns>The difference of the scaled errors (MASE); positive when the candidate is better.</returns>
    /// <exception cref="LearningException"><c>windows-differ</c>: they were not made from the same series and origins; <c>no-rows</c>: no window has a scale.</exception>
    public static PairedDifference Compare(ForecastEvaluation candidate, ForecastEvaluation reference, BootstrapOptions options)
    {
        if (!candidate.Windows.Select(window => (window.Series, window.Origin, window.Errors.Length))
            .SequenceEqual(reference.Windows.Select(window => (window.Series, window.Origin, window.Errors.Length))))
        {
            throw new LearningException("windows-differ", "The two forecasters were evaluated on other series or from other origins. Evaluate both with the same request and options.");
        }

        var pairs = candidate.Windows.Zip(reference.Windows).Where(pair => pair.First.Scale > 0).ToArray();
        if (pairs.Length == 0)
        {
            throw new LearningException("no-rows", "No window has a scale to measure errors with: the series repeat their seasons exactly.");
        }

        var rows = pairs.Sum(pair => pair.First.Errors.Length);
        var distribution = BootstrapDistribution.Of(
            weights =>
            {
                var (sum, count) = (0.0, 0L);
                for (var i = 0; i < pairs.Length; i++)
                {
                    sum += weights[i] * (pairs[i].Second.ScaledErrors - pairs[i].First.ScaledErrors);
                    count += (long)weights[i] * pairs[i].First.Errors.Length;
                }

                return sum / count;
            },
            new double[pairs.Length],
            options);
        return new PairedDifference(
            "mase", candidate.Mase, reference.Mase, distribution.Observed, distribution.StandardError, distribution.Interval(1 - (2 * (1 - options.Confidence))), rows)
        {
            PValue = distribution.PValueOfZero(),
        };
    }

    private static IEnumerable<ForecastWindow> Compare(ForecastRequest request, TimeSeriesSet history, ImmutableArray<Forecast> forecasts, long end)
    {
        var whole = request.Series.Series.ToDictionary(series => series.Name, StringComparer.Ordinal);
        foreach (var (series, forecast) in history.Series.Zip(forecasts))
        {
            // A series that ended before the origin is forecast from its own end; only steps after the origin count, for all series alike.
            var errors = Enumerable.Range(0, forecast.Values.Length)
                .Select(ahead => (Ahead: ahead + 1, Step: series.End + ahead, Forecast: forecast.Values[ahead]))
                .Select(step => new ForecastError(step.Ahead, whole[series.Name].At(step.Step), step.Forecast) { Step = step.Step })
                .Where(error => error.Step >= end && !double.IsNaN(error.Actual))
                .ToImmutableArray();
            if (errors.Length > 0)
            {
                yield return new ForecastWindow(series.Name, request.Series.Step.StartOf(end), SeasonalChange(series, request.Season), errors);
            }
        }
    }

    /// <summary>The mean absolute difference between values a season apart: the error of the seasonal naive forecast within the history.</summary>
    private static double SeasonalChange(TimeSeries series, int season)
    {
        var (sum, count) = (0.0, 0);
        for (var step = series.First + season; step < series.End; step++)
        {
            var change = Math.Abs(series.At(step) - series.At(step - season));
            if (!double.IsNaN(change))
            {
                sum += change;
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }
}
