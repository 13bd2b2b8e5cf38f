using MlDurable.Learning.Forecasting;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Forecasting;

/// <summary>The example of docs/forecasting.md.</summary>
internal static class ForecastingExample
{
    public static PairedDifference Run(Table table)
    {
        // begin
        var series = TimeSeriesSet.From(table, time: "day", value: "sales", TimeStep.Day, series: "shop");
        var request = new ForecastRequest { Series = series, Horizon = 7, Season = 7 };

        var naive = RollingOrigin.Evaluate(new SeasonalNaive(), request);
        var boosted = RollingOrigin.Evaluate(new LagForecaster(), request);
        var gain = RollingOrigin.Compare(boosted, naive, new BootstrapOptions());

        IForecaster best = gain.Interval.Low > 0 ? new LagForecaster() : new SeasonalNaive();
        foreach (var forecast in best.Fit(request).Forecast(series))
        {
            Console.WriteLine($"{forecast.Series} {forecast.Times[0]:yyyy-MM-dd}: {forecast.Values[0]:0}");
        }

        // end
        return gain;
    }
}
