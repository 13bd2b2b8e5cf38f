namespace MlDurable.Learning.Forecasting;

/// <summary>Forecasts what was a season before: what any forecaster must beat.</summary>
public sealed class SeasonalNaive : IForecaster
{
    /// <inheritdoc/>
    public string Name => "seasonal-naive";

    /// <inheritdoc/>
    public ForecastModel Fit(ForecastRequest request, CancellationToken cancellationToken = default)
    {
        request.RequireForecastable();
        cancellationToken.ThrowIfCancellationRequested();
        request.Progress?.Report(1);
        return new SeasonalNaiveModel(request.Horizon, request.Season);
    }
}

/// <summary>Repeats the last season; where that has no value, the one before, and so on; where none has, the last value.</summary>
internal sealed record SeasonalNaiveModel : ForecastModel
{
    public SeasonalNaiveModel(int horizon, int season)
        : base(horizon, season)
    {
    }

    internal override double[][] Continue(TimeSeriesSet history) =>
        [.. history.Series.Select(series => Enumerable.Range(0, Horizon).Select(ahead => At(series, series.End + ahead, Season)).ToArray())];

    /// <summary>The value a whole number of seasons before a step that comes after the series.</summary>
    public static double At(TimeSeries series, long step, int season)
    {
        for (var before = step - ((((step - series.End) / season) + 1) * season); before >= series.First; before -= season)
        {
            if (!double.IsNaN(series.At(before)))
            {
                return series.At(before);
            }
        }

        return series.Values[^1];
    }
}
