namespace Microsoft.Extensions.Logging;

public static class FunctionsLoggerExtensions
{
    public static void LogMetric(this ILogger logger, string name, double value, IDictionary<string, object>? properties = null)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            var state = new Dictionary<string, object>(properties ?? new Dictionary<string, object>()) { ["Name"] = name, ["Value"] = value };
            logger.Log(LogLevel.Information, default, state, null, (_, _) => "");
        }
    }
}
