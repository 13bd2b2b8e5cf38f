using MlDurable.Learning.Forecasting;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Forecasting;

/// <summary>Made-up daily sales of shops.</summary>
internal static class SampleSeries
{
    public static readonly DateTime Start = new(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Weekly patterns on a trend with noise that hangs together from day to day; every shop of another size.</summary>
    public static Table Shops(int days, ulong seed)
    {
        var random = new SplitMix64(seed);
        var (names, ticks, sales) = (new List<string?>(), new List<long>(), new List<double>());
        foreach (var (shop, size) in new[] { ("north", 40.0), ("south", 400.0), ("west", 4000.0) })
        {
            var noise = 0.0;
            for (var day = 0; day < days; day++)
            {
                noise = (0.8 * noise) + (0.3 * (random.NextUniform() - 0.5));
                names.Add(shop);
                ticks.Add(Start.AddDays(day).Ticks);
                sales.Add(size * (1 + (0.002 * day) + (0.3 * Math.Sin(2 * Math.PI * day / 7)) + noise));
            }
        }

        return new Table(CategoryColumn.FromTexts("shop", names), new TimeColumn("day", [.. ticks]), new NumberColumn("sales", [.. sales]));
    }

    public static TimeSeriesSet Daily(params double[] values) => new(
        TimeStep.Day, [new TimeSeries(TimeSeriesSet.OnlyName, TimeStep.Day.IndexOf(Start), [.. values])]);
}
