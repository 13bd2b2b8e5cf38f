using System.Globalization;
using MlDurable.Cli.Output;
using Microsoft.Extensions.Logging;

namespace MlDurable.Cli.Serving;

/// <summary>A line of the server's log, as JSON.</summary>
/// <param name="At">When, in UTC.</param>
/// <param name="Level">How bad.</param>
/// <param name="Message">What happened.</param>
internal sealed record LogLine(DateTimeOffset At, string Level, string Message);

/// <summary>Writes the server's log to the terminal: one line for each event. The framework's own chatter is left out below warnings.</summary>
internal sealed class ServeLog(Terminal terminal, TimeProvider timeProvider) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) =>
        new Logger(this, categoryName.StartsWith("MlDurable", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Error);

    public void Dispose()
    {
        // The terminal is the command's.
    }

    private sealed class Logger(ServeLog log, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, exception is null ? formatter(state, null) : $"{formatter(state, exception)} ({exception.GetType().Name}: {exception.Message})");
            }
        }
    }

    private void Write(LogLevel level, string message)
    {
        var now = timeProvider.GetUtcNow();

        // One event is one line, whatever a message holds.
        var line = message.ReplaceLineEndings(" ");
        terminal.Json(new LogLine(now, Text.Lower(level), line), CliJson.Default.LogLine);
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {Text.Lower(level)} {line}"));
    }
}
