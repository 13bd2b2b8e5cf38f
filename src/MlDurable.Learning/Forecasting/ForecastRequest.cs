namespace MlDurable.Learning.Forecasting;

/// <summary>What a forecaster is given.</summary>
public sealed record ForecastRequest
{
    /// <summary>The greatest <see cref="Horizon"/>.</summary>
    public const int MaxHorizon = 1000;

    /// <summary>The greatest <see cref="Season"/>.</summary>
    public const int MaxSeason = 10_000;

    /// <summary>What is known.</summary>
    public required TimeSeriesSet Series { get; init; }

    /// <summary>How many steps ahead are forecast, from 1 to 1,000.</summary>
    public required int Horizon { get; init; }

    /// <summary>After how many steps the series repeats itself, from 1 (it does not) to 10,000: 7 for days of a week, 12 for months of a year.</summary>
    public required int Season { get; init; }

    /// <summary>The seed of all randomness. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told the share of the work that is done, from 0 to 1, or <see langword="null"/> (the default).</summary>
    public IProgress<double>? Progress { get; init; }

    internal void RequireForecastable()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Horizon, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Horizon, MaxHorizon);
        ArgumentOutOfRangeException.ThrowIfLessThan(Season, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Season, MaxSeason);
        if (Series.Series.IsEmpty)
        {
            throw new LearningException("no-rows", "There is no series to learn from. Check the time and value columns, or begin later.");
        }
    }
}
