using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Output;

/// <summary>What <c>schedules</c>, <c>pause</c> and <c>unpause</c> write.</summary>
internal static class ScheduleOutput
{
    public static void Write(Terminal terminal, IEnumerable<ScheduleStatus> schedules)
    {
        var table = new TextTable("pipeline", "schedule", "when", "next", "last run", "state");
        foreach (var schedule in schedules)
        {
            table.Add(schedule.Pipeline, schedule.Schedule, schedule.When, NextOf(schedule, 0), schedule.LastRun?.RunId ?? Text.None, StateOf(schedule));
            for (var index = 1; index < schedule.Next.Length; index++)
            {
                table.Add("", "", "", NextOf(schedule, index), "", "");
            }
        }

        table.WriteTo(terminal);
    }

    private static string NextOf(ScheduleStatus schedule, int index) => Text.Instant(index < schedule.Next.Length ? schedule.Next[index] : null);

    private static string StateOf(ScheduleStatus schedule)
    {
        var skipped = schedule.LastSkipped is { } instant && instant.Nominal > (schedule.LastRun?.Nominal ?? DateTimeOffset.MinValue)
            ? $"skipped {Text.Instant(instant.Nominal)}: {instant.Reason}"
            : "";
        return schedule.Problem is { } problem ? problem.Message
            : schedule.Pause is { } pause ? $"paused {Text.Instant(pause.At)} by {pause.By}: {pause.Reason}"
            : schedule.Waiting.IsEmpty ? skipped
            : $"{Text.Counted(schedule.Waiting.Length, "instant")} waiting for the end of a run";
    }
}
