using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Forecasting;

/// <summary>
/// What a series' past says about a step ahead, relative to its level and spread, so that series of any size are alike and a trend can go on: the last
/// values, the values at the same place of earlier seasons, means and a slope. Nothing after the origin counts.
/// </summary>
/// <param name="season">After how many steps the series repeat themselves.</param>
internal sealed class LagFeatures(int season)
{
    public const string SeriesColumn = "series";

    private const int MostLags = 28;
    private const int LeastWindow = 4;
    private const int Seasons = 3;

    private readonly int lags = Math.Clamp(season, LeastWindow, MostLags);
    private readonly int window = Math.Max(season, LeastWindow);

    private readonly List<string> names =
    [
        "ahead", "place in season",
        .. Enumerable.Range(0, Math.Clamp(season, LeastWindow, MostLags)).Select(lag => $"lag {lag}"),
        .. Enumerable.Range(1, Seasons).Select(seasons => $"{seasons} seasons before"),
        "mean of half", "level of season before", "spread of season before",
    ];

    private readonly List<List<double>> cells = [];
    private readonly List<string> series = [];

    /// <summary>Level and spread of the last season at an origin.</summary>
    /// <param name="Mean">The mean of its values; the last value of the series where it has none.</param>
    /// <param name="Deviation">Their mean absolute deviation; 1 where it is 0.</param>
    public readonly record struct Scale(double Mean, double Deviation)
    {
        public double Relative(double value) => (value - Mean) / Deviation;

        public double Absolute(double value) => Mean + (value * Deviation);
    }

    /// <summary>The scale of a series at an origin, the last step that counts.</summary>
    public Scale ScaleAt(TimeSeries past, long origin)
    {
        var (mean, deviation) = Moments(past, origin);
        return double.IsNaN(mean)
            ? new Scale(past.Values[^1], 1)
            : new Scale(mean, deviation > 0 ? deviation : 1);
    }

    /// <summary>Adds a row for each step ahead of an origin.</summary>
    /// <param name="past">A series; its values after the origin are not looked at.</param>
    /// <param name="origin">The last step that counts.</param>
    /// <param name="steps">The steps ahead, from 1 on.</param>
    /// <param name="scale">Its scale there.</param>
    public void Add(TimeSeries past, long origin, IEnumerable<int> steps, Scale scale)
    {
        var known = new List<double>(names.Count);
        for (var lag = 0; lag < lags; lag++)
        {
            known.Add(scale.Relative(past.At(origin - lag)));
        }

        var (before, deviation) = Moments(past, origin - window);
        foreach (var ahead in steps)
        {
            var row = new List<double>(names.Count) { ahead, (origin + ahead) % season };
            row.AddRange(known);
            var same = origin + ahead - ((((ahead - 1) / season) + 1) * (long)season);
            for (var seasons = 0; seasons < Seasons; seasons++)
            {
                row.Add(scale.Relative(past.At(same - (seasons * (long)season))));
            }

            row.Add(scale.Relative(Mean(past, origin, Math.Max(window / 2, 1))));
            row.Add(scale.Relative(before));
            row.Add(deviation / scale.Deviation);
            cells.Add(row);
            series.Add(past.Name);
        }
    }

    /// <summary>The rows so far.</summary>
    public Table ToTable() => new(
    [
        .. names.Select((name, column) => new NumberColumn(name, [.. cells.Select(row => row[column])])),
        CategoryColumn.FromTexts(SeriesColumn, series),
    ]);

    private (double Mean, double Deviation) Moments(TimeSeries past, long origin)
    {
        var mean = Mean(past, origin, window);
        var (sum, count) = (0.0, 0);
        for (var step = origin - window + 1; step <= origin; step++)
        {
            var value = past.At(step);
            if (!double.IsNaN(value))
            {
                sum += Math.Abs(value - mean);
                count++;
            }
        }

        return (mean, sum / count);
    }

    private static double Mean(TimeSeries past, long origin, int width)
    {
        var (sum, count) = (0.0, 0);
        for (var step = origin - width + 1; step <= origin; step++)
        {
            var value = past.At(step);
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return sum / count;
    }
}
