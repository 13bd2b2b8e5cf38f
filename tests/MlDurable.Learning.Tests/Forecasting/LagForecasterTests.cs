using System.Collections.Immutable;
using MlDurable.Learning.Forecasting;
using MlDurable.Learning.Judging;
using MlDurable.Testing;

namespace MlDurable.Learning.Tests.Forecasting;

public sealed class LagForecasterTests
{
    private static readonly TimeSeriesSet Shops = TimeSeriesSet.From(SampleSeries.Shops(200, 3), "day", "sales", TimeStep.Day, "shop");

    private static readonly ForecastRequest Request = new() { Series = Shops, Horizon = 7, Season = 7 };

    private static readonly ImmutableSortedDictionary<string, double> FewTrees =
        ImmutableSortedDictionary<string, double>.Empty.Add("trees", 5).Add("leaves", 4);

    [Fact]
    public void Evaluate_TrendAndSeason_IsShownToBeBetterThanRepeatingTheSeason()
    {
        var lags = RollingOrigin.Evaluate(new LagForecaster(), Request);
        var naive = RollingOrigin.Evaluate(new SeasonalNaive(), Request);
        var gain = RollingOrigin.Compare(lags, naive, new BootstrapOptions());

        Assert.True(gain.Interval.Low > 0, $"{lags.Mase} against {naive.Mase}: {gain.Interval}");
    }

    [Fact]
    public void Read_WrittenModel_ForecastsTheSameToTheLastBit()
    {
        var model = new LagForecaster().Fit(Request);
        var bytes = Bytes(model);
        var read = ForecastModel.Read(new MemoryStream(bytes));

        Assert.Equal(model.Forecast(Shops).SelectMany(forecast => forecast.Values), read.Forecast(Shops).SelectMany(forecast => forecast.Values));
        Assert.Equal(bytes, Bytes(read));
        Assert.Equal(bytes, Bytes(new LagForecaster().Fit(Request)));
        Assert.Equal((7, 7), (read.Horizon, read.Season));
    }

    [Fact]
    public void Forecast_SeriesTenTimesAsLarge_IsTenTimesAsLarge()
    {
        var model = new LagForecaster().Fit(Request);
        var north = Shops.Series[0];
        var large = north with { Values = [.. north.Values.Select(value => value * 16)] };

        Assert.Equal(
            model.Forecast(Shops with { Series = [north] })[0].Values.Select(value => value * 16),
            model.Forecast(Shops with { Series = [large] })[0].Values,
            new Within(1e-6));
    }

    [Fact]
    public void Forecast_NewSeriesAndGaps_AreTaken()
    {
        var model = new LagForecaster().Fit(Request);
        var forecast = model.Forecast(new TimeSeriesSet(TimeStep.Day, [new TimeSeries("new", Shops.End, [5]), new TimeSeries("gaps", Shops.End, [1, double.NaN, 3])]));

        Assert.All(forecast, series => Assert.All(series.Values, value => Assert.True(double.IsFinite(value))));
        Assert.Equal(7, forecast[0].Values.Length);
    }

    [Fact]
    public void Fit_TooShortOrNeverChanging_IsRefused()
    {
        Assert.Equal("series-too-short", Code([.. Enumerable.Range(0, 12).Select(day => (double)day)]));
        Assert.Equal("one-label", Code([.. Enumerable.Repeat(5.0, 100)]));

        static string Code(double[] values) => Assert.Throws<LearningException>(
            () => new LagForecaster().Fit(new ForecastRequest { Series = SampleSeries.Daily(values), Horizon = 3, Season = 7 })).Code;
    }

    [Fact]
    public void Fit_CancelledOrWatched_StopsOrTellsItsProgress()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => new LagForecaster().Fit(Request, cancelled.Token));

        var shares = new List<double>();
        new LagForecaster { Hyperparameters = FewTrees }.Fit(Request with { Progress = new Shares(shares) });
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
    }

    [Fact]
    public void Read_ChangedBytes_IsRefusedOrTheSame()
    {
        var bytes = Bytes(new LagForecaster { Hyperparameters = FewTrees }.Fit(Request));
        for (var place = 0; place < bytes.Length; place += 97)
        {
            var changed = bytes.ToArray();
            changed[place] ^= 0x55;
            Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => ForecastModel.Read(new MemoryStream(changed))).Code);
        }

        Assert.Equal("model-file-corrupt", Assert.Throws<LearningException>(() => ForecastModel.Read(new MemoryStream(bytes[..^1]))).Code);
    }

    [Fact]
    public void Documentation_ShowsTheCodeThatRunsHere()
    {
        var code = Repository.Read("tests", "MlDurable.Learning.Tests", "Forecasting", "ForecastingExample.cs");
        var shown = code[(code.IndexOf("// begin\n", StringComparison.Ordinal) + "// begin\n".Length)..code.IndexOf("        // end", StringComparison.Ordinal)];
        var lines = shown.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line);

        Assert.Contains($"```csharp\n{string.Join('\n', lines)}```", Repository.Read("docs", "forecasting.md"), StringComparison.Ordinal);
        Assert.True(ForecastingExample.Run(SampleSeries.Shops(200, 3)).Interval.Low > 0);
    }

    private static byte[] Bytes(ForecastModel model)
    {
        using var stream = new MemoryStream();
        model.Write(stream);
        return stream.ToArray();
    }

    private sealed class Shares(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }
}
