namespace MlDurable.Learning.Forecasting;

/// <summary>Learns to continue series. Implementations keep no state, so they are safe for concurrent use.</summary>
public interface IForecaster
{
    /// <summary>The name in lower case with hyphens.</summary>
    string Name { get; }

    /// <summary>Learns.</summary>
    /// <param name="request">Series, horizon and season.</param>
    /// <param name="cancellationToken">Stops between two iterations.</param>
    /// <exception cref="LearningException"><c>no-rows</c>; <c>series-too-short</c>: no series is long enough to learn from.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The horizon or the season is out of its range.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    ForecastModel Fit(ForecastRequest request, CancellationToken cancellationToken = default);
}
