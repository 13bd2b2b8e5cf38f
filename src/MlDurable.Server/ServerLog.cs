using Microsoft.Extensions.Logging;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Server;

/// <summary>The server's log: one line for each event. No secret, body or query of a request is in it.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "{Method} {Path} {Status} in {Milliseconds} ms by {Caller}")]
    public static partial void Answered(ILogger logger, string method, string path, int status, long milliseconds, string caller);

    [LoggerMessage(2, LogLevel.Information, "run {RunId}: {Activity} {State}")]
    public static partial void Step(ILogger logger, string runId, string activity, string state);

    [LoggerMessage(3, LogLevel.Information, "run {RunId} ended")]
    public static partial void RunEnded(ILogger logger, string runId);

    [LoggerMessage(4, LogLevel.Error, "{Loop} failed {Failures} times in a row: {Reason}")]
    public static partial void LoopFailed(ILogger logger, string loop, int failures, string reason, Exception exception);

    [LoggerMessage(5, LogLevel.Information, "{Loop} works again")]
    public static partial void LoopRecovered(ILogger logger, string loop);

    [LoggerMessage(6, LogLevel.Critical, "the engine stopped: {Reason}")]
    public static partial void EngineStopped(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception? exception);

    [LoggerMessage(8, LogLevel.Warning, "a figure of the telemetry could not be read")]
    public static partial void TelemetryFailed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Information, "schedule {Schedule} of pipeline {Pipeline}, {Nominal:u}: {Outcome} ({Detail})")]
    public static partial void Instant(ILogger logger, string pipeline, string schedule, DateTimeOffset nominal, TickOutcome outcome, string detail);

    [LoggerMessage(10, LogLevel.Warning, "schedule {Schedule} of pipeline {Pipeline} starts nothing: {Code}: {Problem}")]
    public static partial void NotScheduled(ILogger logger, string pipeline, string? schedule, string code, string problem);

    [LoggerMessage(11, LogLevel.Warning, "pipeline {Pipeline} did not follow run {EndedRun}: {Code}: {Problem}")]
    public static partial void NotFollowed(ILogger logger, string pipeline, string endedRun, string code, string problem);

    [LoggerMessage(12, LogLevel.Warning, "changes of data may have been missed, and are looked for: {Reason}")]
    public static partial void ChangesLost(ILogger logger, string reason);
}
