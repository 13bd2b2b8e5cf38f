using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using static MlDurable.Pipelines.Definition.Binding.PipelineShape;
using AfterKeys = MlDurable.Pipelines.Definition.Binding.PipelineShape.TriggerKeys.AfterKeys;
using DataTriggerKeys = MlDurable.Pipelines.Definition.Binding.PipelineShape.TriggerKeys.DataTriggerKeys;
using ScheduleKeys = MlDurable.Pipelines.Definition.Binding.PipelineShape.TriggerKeys.ScheduleKeys;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Finds contradictions in what starts runs and in who agrees to promotions.</summary>
internal static class TriggerChecks
{
    public static void Check(Section file, ImmutableSortedDictionary<string, ParameterDefinition> parameters, BindContext context)
    {
        if (file.TryGet(RootKeys.Approve, out var approve))
        {
            CheckReminders(approve.Value, context);
        }

        if (file.TryGet(RootKeys.Triggers, out var triggers))
        {
            CheckOnce(triggers.Value, context);
            CheckNames(triggers.Value, context);
            CheckAfter(file, triggers.Value, context);
            CheckStages(file, triggers.Value, context);
            foreach (var (_, schedule) in ScheduleNames.Of(triggers.Value))
            {
                CheckSchedule(schedule, context);
                CheckSettings(schedule, parameters, context);
            }
        }
    }

    private static void CheckReminders(Section approve, BindContext context)
    {
        if (!approve.TryGet(ApproveKeys.Remind, out var reminders))
        {
            return;
        }

        if (approve.TryGet(ApproveKeys.Timeout, out var timeout))
        {
            foreach (var late in reminders.Value.Items.Where(reminder => reminder.Value >= timeout.Value).Take(1))
            {
                Conflict(context, late.Mark, $"the reminder after {DurationShape.Text(late.Value)} is not before 'timeout' {DurationShape.Text(timeout.Value)}");
            }
        }

        foreach (var (earlier, later) in reminders.Value.Items.Zip(reminders.Value.Items.Skip(1)).Where(static pair => pair.Second.Value <= pair.First.Value).Take(1))
        {
            Conflict(
                context, later.Mark, $"'remind' must ascend: {DurationShape.Text(later.Value)} comes after {DurationShape.Text(earlier.Value)}");
        }
    }

    private static void CheckOnce(BoundList<Section> triggers, BindContext context)
    {
        foreach (var key in new[] { TriggerKeys.Data, TriggerKeys.Http })
        {
            foreach (var second in triggers.Values.Where(entry => entry.Has(key)).Skip(1))
            {
                Conflict(context, second.MarkOf(key), $"'triggers' has '{key.Name}' twice; keep one");
            }
        }
    }

    private static void CheckNames(BoundList<Section> triggers, BindContext context)
    {
        var lines = new Dictionary<string, int>();
        foreach (var (name, schedule) in ScheduleNames.Of(triggers))
        {
            if (!lines.TryAdd(name, schedule.Mark.Line))
            {
                Conflict(
                    context, schedule.MarkOf(ScheduleKeys.Name), $"a schedule named '{name}' is already on line {lines[name]}; give each a 'name' of its own");
            }
        }
    }

    private static void CheckAfter(Section file, BoundList<Section> triggers, BindContext context)
    {
        var lines = new Dictionary<string, int>();
        foreach (var entry in triggers.Values)
        {
            if (!entry.TryGet(TriggerKeys.After, out var after) || !after.Value.TryGet(AfterKeys.Pipeline, out var pipeline))
            {
                continue;
            }

            if (file.TryGet(RootKeys.Pipeline, out var own) && own.Value == pipeline.Value)
            {
                Conflict(context, pipeline.Mark, $"'{own.Value}' cannot come after itself: it would never end");
            }
            else if (!lines.TryAdd(pipeline.Value, pipeline.Mark.Line))
            {
                Conflict(context, pipeline.Mark, $"what comes after '{pipeline.Value}' is already on line {lines[pipeline.Value]}");
            }
        }
    }

    private static void CheckStages(Section file, BoundList<Section> triggers, BindContext context)
    {
        if (file.Has(RootKeys.Score))
        {
            return;
        }

        (Key<Section> Kind, Key<RunStage> Stage)[] kinds =
        [
            (TriggerKeys.Schedule, ScheduleKeys.Stage), (TriggerKeys.Data, DataTriggerKeys.Stage), (TriggerKeys.After, AfterKeys.Stage),
        ];
        foreach (var entry in triggers.Values)
        {
            foreach (var (kind, key) in kinds)
            {
                if (entry.TryGet(kind, out var trigger) && trigger.Value.TryGet(key, out var stage) && stage.Value == RunStage.Score)
                {
                    Conflict(context, stage.Mark, "'stage: score' needs the section 'score'; add it, 'score: {}' for its defaults");
                }
            }
        }
    }

    private static void CheckSchedule(Section schedule, BindContext context)
    {
        if (schedule.TryGet(ScheduleKeys.Start, out var start) && schedule.TryGet(ScheduleKeys.End, out var end) && end.Value <= start.Value)
        {
            Conflict(context, end.Mark, "'end' is not after 'start', so that the schedule has no instant");
        }

        if (schedule.Has(ScheduleKeys.Every) && schedule.Has(ScheduleKeys.Zone))
        {
            Conflict(context, schedule.MarkOf(ScheduleKeys.Zone), "'zone' is for 'cron'; 'every' counts elapsed time, in every zone the same");
        }

        if (schedule.Has(ScheduleKeys.Within) && schedule.TryGet(ScheduleKeys.CatchUp, out var catchUp) && catchUp.Value == CatchUpPolicy.None)
        {
            Conflict(context, schedule.MarkOf(ScheduleKeys.Within), "'within' says how far missed instants are caught up, but 'catch-up' is none");
        }

        if (schedule.TryGet(ScheduleKeys.Jitter, out var jitter) && jitter.Value > TimeSpan.Zero && GapOf(schedule) is { } gap && jitter.Value >= gap)
        {
            Conflict(
                context, jitter.Mark, $"'jitter' {DurationShape.Text(jitter.Value)} is not less than the shortest time between two instants, {DurationShape.Text(gap)}");
        }
    }

    private static TimeSpan? GapOf(Section schedule) =>
        schedule.TryGet(ScheduleKeys.Every, out var every) ? every.Value
        : schedule.TryGet(ScheduleKeys.Cron, out var text) && CronExpression.TryParse(text.Value, out var cron, out _) ? cron.ShortestGap()
        : null;

    private static void CheckSettings(Section schedule, ImmutableSortedDictionary<string, ParameterDefinition> parameters, BindContext context)
    {
        if (!schedule.TryGet(ScheduleKeys.Set, out var settings))
        {
            return;
        }

        foreach (var setting in settings.Value)
        {
            if (parameters.TryGetValue(setting.Name, out var parameter))
            {
                ParameterBinder.Check(parameter, setting.Value, context);
            }
            else if (!context.ParameterNames.Contains(setting.Name))
            {
                var hint = context.ParameterNames.Count == 0
                    ? "; the file declares no parameters"
                    : NearestName.Suggestion(setting.Name, context.ParameterNames.Order(StringComparer.Ordinal));
                context.Report(setting.Mark, PipelineProblemCodes.UnknownName, $"the parameter '{setting.Name}' is set, but not declared{hint}");
            }
        }
    }

    private static void Conflict(BindContext context, SourceMark mark, string message) => context.Report(mark, PipelineProblemCodes.Conflict, message);
}

/// <summary>The schedules of a file with their names.</summary>
internal static class ScheduleNames
{
    /// <summary>A schedule without a name has that of its place among the schedules.</summary>
    public static IEnumerable<(string Name, Section Section)> Of(BoundList<Section> triggers) => triggers.Values
        .Select(static entry => entry.TryGet(TriggerKeys.Schedule, out var schedule) ? schedule.Value : null)
        .OfType<Section>()
        .Select(static (schedule, index) =>
            (schedule.TryGet(ScheduleKeys.Name, out var name) ? name.Value : index == 0 ? "schedule" : $"schedule-{index + 1}", schedule));
}
