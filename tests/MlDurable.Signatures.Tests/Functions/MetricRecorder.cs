using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MlDurable.Functions;

namespace MlDurable.Signatures.Tests.Functions;

/// <summary>Hears what the Functions host is handed as metrics.</summary>
internal sealed class MetricRecorder : ILogger<MetricLog>
{
    public ConcurrentQueue<(string Name, double Value, IReadOnlyDictionary<string, object> Properties)> Metrics { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var properties = Assert.IsType<IEnumerable<KeyValuePair<string, object>>>(state, exactMatch: false).ToDictionary();
        Metrics.Enqueue(((string)properties["Name"], (double)properties["Value"], properties));
    }
}
