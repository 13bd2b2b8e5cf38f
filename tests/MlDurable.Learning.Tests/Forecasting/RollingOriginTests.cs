using MlDurable.Learning.Forecasting;
using MlDurable.Learning.Judging;

namespace MlDurable.Learning.Tests.Forecasting;

public sealed class RollingOriginTests
{
    [Fact]
    public void Forecast_SeasonalNaive_RepeatsTheLastSeasonAndFillsItsGapsFromThoseBefore()
    {
        var model = new SeasonalNaive().Fit(Request(SampleSeries.Daily(1, 2, 3, 4, double.NaN, 6), horizon: 5, season: 3));
        var forecast = model.Forecast(SampleSeries.Daily(1, 2, 3, 4, double.NaN, 6)).Single();

        Assert.Equal([4, 2, 6, 4, 2], forecast.Values.AsEnumerable());
        Assert.Equal(SampleSeries.Start.AddDays(6), forecast.Times[0]);
        Assert.Equal(SampleSeries.Start.AddDays(10), forecast.Times[^1]);
        Assert.Equal([9], new SeasonalNaive().Fit(Request(SampleSeries.Daily(9), 1, 7)).Forecast(SampleSeries.Daily(9)).Single().Values.AsEnumerable());
    }

    [Fact]
    public void Evaluate_SeasonalNaive_HasTheErrorsOfTheDefinitions()
    {
        // Origins after 4 and after 6 values; a season of 2, forecasts of 2 steps.
        var evaluation = RollingOrigin.Evaluate(
            new SeasonalNaive(), Request(SampleSeries.Daily(1, 10, 2, 12, 4, 12, 5, 20), horizon: 2, season: 2), new RollingOriginOptions { Origins = 2 });

        Assert.Equal(2, evaluation.Windows.Length);
        Assert.Equal([2, 0, 1, 8], evaluation.Windows.SelectMany(window => window.Errors).Select(error => error.Absolute));
        Assert.Equal(11 / 4.0, evaluation.Mae, 12);
        Assert.Equal(Math.Sqrt(69 / 4.0), evaluation.Rmse, 12);
        Assert.Equal([1.5, 1.25], evaluation.Windows.Select(window => window.Scale));
        Assert.Equal(((2 / 1.5) + (9 / 1.25)) / 4, evaluation.Mase, 12);
        Assert.Equal(((2 * 2 / 6.0) + 0 + (2 * 1 / 9.0) + (2 * 8 / 32.0)) / 4, evaluation.Smape, 12);
        Assert.Equal(1.5, evaluation.MaeByStep[1], 12);
        Assert.Equal(4, evaluation.MaeByStep[2], 12);
        Assert.Equal(SampleSeries.Start.AddDays(4), evaluation.Windows[0].Origin);
    }

    [Fact]
    public void Evaluate_AnyForecaster_SeesNothingOfWhatItForecasts()
    {
        var spy = new Spy();
        var series = TimeSeriesSet.From(SampleSeries.Shops(60, 1), "day", "sales", TimeStep.Day, "shop");
        RollingOrigin.Evaluate(spy, Request(series, horizon: 5, season: 7), new RollingOriginOptions { Origins = 4, Stride = 3 });

        Assert.Equal([14L, 11, 8, 5], spy.Ends.Select(end => series.End - end));
    }

    [Fact]
    public void Evaluate_SeriesThatEndedBefore_IsComparedOnlyWithWhatCame()
    {
        var first = TimeStep.Day.IndexOf(SampleSeries.Start);
        var set = new TimeSeriesSet(TimeStep.Day, [new TimeSeries("ended", first, [1, 2, 3]), new TimeSeries("goes on", first, [1, 2, 3, 4, 5, 6, 7, 8])]);
        var evaluation = RollingOrigin.Evaluate(new SeasonalNaive(), Request(set, horizon: 2, season: 1), new RollingOriginOptions { Origins = 2 });

        Assert.Equal(["goes on", "goes on"], evaluation.Windows.Select(window => window.Series));
    }

    [Fact]
    public void Evaluate_TooFewValues_SaysFromWhen()
    {
        var exception = Assert.Throws<LearningException>(
            () => RollingOrigin.Evaluate(new SeasonalNaive(), Request(SampleSeries.Daily(1, 2, 3, 4), 2, 1), new RollingOriginOptions { Origins = 3 }));

        Assert.Equal("series-too-short", exception.Code);
        Assert.Contains("2026-01-03", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_SameForecaster_ShowsNoDifference()
    {
        var evaluation = RollingOrigin.Evaluate(new SeasonalNaive(), Request(TimeSeriesSet.From(SampleSeries.Shops(80, 2), "day", "sales", TimeStep.Day, "shop"), 5, 7));
        var difference = RollingOrigin.Compare(evaluation, evaluation, new BootstrapOptions());

        Assert.Equal((0.0, 0.0, 0.0), (difference.Delta, difference.Interval.Low, difference.Interval.High));
        Assert.Equal(evaluation.Mase, difference.Candidate);
        var other = evaluation with { Windows = evaluation.Windows.RemoveAt(0) };
        Assert.Equal("windows-differ", Assert.Throws<LearningException>(() => RollingOrigin.Compare(evaluation, other, new BootstrapOptions())).Code);
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(1001, 7)]
    [InlineData(5, 0)]
    public void Fit_HorizonOrSeasonOutOfRange_IsRefused(int horizon, int season) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new SeasonalNaive().Fit(Request(SampleSeries.Daily(1, 2, 3), horizon, season)));

    private static ForecastRequest Request(TimeSeriesSet series, int horizon, int season) => new() { Series = series, Horizon = horizon, Season = season };

    private sealed class Spy : IForecaster
    {
        public List<long> Ends { get; } = [];

        public string Name => "spy";

        public ForecastModel Fit(ForecastRequest request, CancellationToken cancellationToken = default)
        {
            Ends.Add(request.Series.End);
            return new SeasonalNaive().Fit(request, cancellationToken);
        }
    }
}
