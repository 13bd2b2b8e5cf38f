using Microsoft.Extensions.Logging;

namespace MlDurable.Api.Endpoints;

/// <summary>What the API logs itself; requests are the host's to log.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Warning, "the data trigger was not told of {Blob}, which the next listing finds: {Reason}")]
    public static partial void NotNotified(ILogger logger, string blob, string reason, Exception exception);
}
