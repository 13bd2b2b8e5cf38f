using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Testing;

/// <summary>An instant at which a schedule starts a run.</summary>
/// <param name="Schedule">The name of the schedule.</param>
/// <param name="Instant">The nominal instant, in UTC.</param>
public sealed record ScheduledInstant(string Schedule, DateTimeOffset Instant);

/// <summary>
/// The instants that the schedules of a pipeline name, by the rules that <c>serve</c> and the Functions app use, so that a year with its changes of the
/// clock is looked at in milliseconds. Immutable.
/// </summary>
public sealed class ScheduleCalendar
{
    private readonly ImmutableArray<(string Name, ScheduleRule Rule)> _schedules;

    private ScheduleCalendar(ImmutableArray<(string Name, ScheduleRule Rule)> schedules) => _schedules = schedules;

    /// <summary>Reads the schedules of a pipeline.</summary>
    /// <param name="pipelineFile">The content of the pipeline file, UTF-8.</param>
    /// <returns>Their calendar.</returns>
    /// <exception cref="InvalidDataException">The file has errors; the message lists them with line and column.</exception>
    public static ScheduleCalendar Of(ReadOnlyMemory<byte> pipelineFile)
    {
        var loaded = PipelineFile.Load("pipeline.yaml", pipelineFile);
        return loaded.Definition is { } definition
            ? new([.. definition.Triggers.Schedules.Select(schedule => (schedule.Name, ScheduleRule.Of(schedule)))])
            : throw new InvalidDataException(string.Join(Environment.NewLine, loaded.Problems));
    }

    /// <summary>All instants in a range, the earliest first, at the same instant in the order of the schedules.</summary>
    /// <param name="after">The range's start, which is not in it.</param>
    /// <param name="through">The range's end, which is in it.</param>
    /// <returns>The instants.</returns>
    public IReadOnlyList<ScheduledInstant> Between(DateTimeOffset after, DateTimeOffset through) =>
    [
        .. _schedules.SelectMany(schedule => schedule.Rule.Between(after, through).Select(instant => new ScheduledInstant(schedule.Name, instant)))
            .OrderBy(scheduled => scheduled.Instant),
    ];
}
