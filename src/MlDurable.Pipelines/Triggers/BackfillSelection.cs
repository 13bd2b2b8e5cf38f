using System.Globalization;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Triggers;

/// <summary>What the runs of a backfill are of, as it is asked for: the instants of a schedule, instants so far apart, or partitions.</summary>
public sealed record BackfillSelection
{
    /// <summary>The first instant, such as <c>2026-01-01</c> or <c>2026-01-01T03:00:00Z</c>, or the first partition; null for the very first partition.</summary>
    public string? From { get; init; }

    /// <summary>The last instant, or the last partition; null for the very last partition.</summary>
    public string? To { get; init; }

    /// <summary>A schedule of the pipeline; null for its only one.</summary>
    public string? Schedule { get; init; }

    /// <summary>How far apart the instants are: <c>12h</c>, <c>7d</c>; null when they are those of a schedule.</summary>
    public string? Every { get; init; }

    /// <summary>Whether there is a run for each partition; by default there is one for each instant.</summary>
    public bool Partitions { get; init; }

    /// <summary>The range, and the schedule whose stage and parameters its runs have.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <exception cref="PipelineException"><c>backfill-invalid</c>: the parts do not say what the runs are of, or one of them cannot be read.</exception>
    public BackfillRange RangeOf(PipelineDefinition pipeline)
    {
        if (new[] { Schedule is not null, Every is not null, Partitions }.Count(given => given) > 1)
        {
            throw Invalid("'schedule', 'every' and 'partitions' each say what the runs are of; give one of them");
        }

        if (Partitions)
        {
            return new BackfillRange.Partitions(From, To);
        }

        var from = Instant("from", From);
        var schedule = Every is null
            ? ScheduleOf(pipeline)
            : new ScheduleDefinition { Name = $"every {Every}", Every = Duration(Every), Start = from };
        return new BackfillRange.Instants(schedule, from, Instant("to", To));
    }

    private ScheduleDefinition ScheduleOf(PipelineDefinition pipeline)
    {
        var schedules = pipeline.Triggers.Schedules;
        if (Schedule is null)
        {
            return schedules is [var only]
                ? only
                : throw Invalid($"pipeline '{pipeline.Name}' has {schedules.Length} schedules; say what the runs are of: 'schedule', 'every' or 'partitions'");
        }

        return schedules.FirstOrDefault(schedule => schedule.Name == Schedule)
            ?? throw Invalid(
                $"pipeline '{pipeline.Name}' has no schedule '{Schedule}'"
                + (schedules.IsEmpty ? "" : $"; it has {string.Join(", ", schedules.Select(schedule => $"'{schedule.Name}'"))}"));
    }

    private static DateTimeOffset Instant(string name, string? text) => DateTimeOffset.TryParseExact(
        text ?? throw Invalid($"'{name}' is needed: an instant, such as 2026-01-01; with 'partitions' it may be left out"),
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"],
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out var instant)
        ? instant
        : throw Invalid($"'{name}' takes an instant, such as 2026-01-01 or 2026-01-01T03:00:00Z, not '{text}'; for partitions give 'partitions'");

    private static TimeSpan Duration(string text) => Durations.TryParse(text, out var duration)
        ? duration
        : throw Invalid($"'every' takes a duration such as 90s, 5m, 12h or 7d, not '{text}'");

    private static PipelineException Invalid(string message) => new("backfill-invalid", message);
}
