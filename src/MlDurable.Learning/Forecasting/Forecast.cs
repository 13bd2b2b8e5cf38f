using System.Collections.Immutable;

namespace MlDurable.Learning.Forecasting;

/// <summary>What a series will be.</summary>
/// <param name="Series">The name of the series.</param>
/// <param name="Times">The beginning of each step, in UTC.</param>
/// <param name="Values">The number of each step; never missing.</param>
public sealed record Forecast(string Series, ImmutableArray<DateTime> Times, ImmutableArray<double> Values);
