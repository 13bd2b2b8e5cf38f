using System.CommandLine;
using System.Globalization;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Learning;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable backfill</c>.</summary>
internal static class BackfillCommand
{
    /// <summary>The options of the command.</summary>
    private sealed record Options(
        PipelineArguments Pipeline,
        Option<string?> From,
        Option<string?> To,
        Option<string?> Schedule,
        Option<string?> Every,
        Option<bool> Partitions,
        Option<string?> Stage,
        Option<int> Parallel,
        Option<bool> StopOnFailure,
        Option<bool> DryRun);

    public static Command Create()
    {
        var options = new Options(
            new PipelineArguments(),
            new Option<string?>("--from") { Description = "The first instant, such as 2026-01-01 or 2026-01-01T03:00:00Z; with --partitions the first partition. It is included.", HelpName = "INSTANT|PARTITION" },
            new Option<string?>("--to") { Description = "The last instant, or the last partition. It is included.", HelpName = "INSTANT|PARTITION" },
            new Option<string?>("--schedule") { Description = "Runs at the instants of this schedule of the pipeline, with its stage and its parameters. Default: the only schedule.", HelpName = "NAME" },
            new Option<string?>("--every") { Description = "Runs at instants this far apart, from --from on: 12h, 1d, 7d.", HelpName = "DURATION" },
            new Option<bool>("--partitions") { Description = "One run for each partition of the range, which uses the partitions up to it, instead of runs as of instants." },
            StageOption.Create("One stage. Default: the schedule's, else the whole flow."),
            new Option<int>("--parallel") { Description = "How many runs are under way at once. Default: 1, so that each is compared with the champion that the one before it left.", HelpName = "N", DefaultValueFactory = _ => 1 },
            new Option<bool>("--stop-on-failure") { Description = "Begins no further run after one that failed." },
            new Option<bool>("--dry-run") { Description = "Says what would run and what is there already. Writes nothing." });
        options.Parallel.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is < 1 or > BackfillLauncher.MaxParallel)
            {
                result.AddError($"--parallel takes a number from 1 to {BackfillLauncher.MaxParallel}.");
            }
        });
        var command = new ToolCommand(
            "backfill",
            "Makes the runs that a pipeline would have made in the past: as of each instant of a schedule, or for each partition. The same command continues.",
            "mldurable backfill pipeline.yaml --from 2026-01-01 --to 2026-03-01 --every 7d",
            "mldurable backfill pipeline.yaml --from 2026-01-01 --to 2026-03-01 --schedule nightly --dry-run",
            "mldurable backfill pipeline.yaml --partitions --from sales/2026-01.csv --to sales/2026-03.csv --stage featurize --parallel 4");
        options.Pipeline.AddTo(command, withData: false);
        foreach (var option in new Option[] { options.From, options.To, options.Schedule, options.Every, options.Partitions, options.Stage, options.Parallel, options.StopOnFailure, options.DryRun })
        {
            command.Options.Add(option);
        }

        command.Run = call => BackfillAsync(call, options);
        return command;
    }

    private static async Task<int> BackfillAsync(CommandCall call, Options options)
    {
        var request = Request(call, options);
        var workspace = call.OpenWorkspace(request.Pipeline.File);
        var launcher = new BackfillLauncher(workspace.Store, workspace.EngineName, workspace.TimeProvider);
        var backfills = new BackfillStore(workspace.Store);
        var planned = await launcher.PlanAsync(request, call.CancellationToken);
        if (call.Arguments.GetValue(options.DryRun))
        {
            var forecast = await backfills.ProgressAsync(planned, call.CancellationToken);
            call.Terminal.Json(BackfillDocument.Of(forecast, withRuns: true), CliJson.Default.BackfillDocument);
            BackfillOutput.Write(call.Terminal, forecast);
            return ExitCodes.Done;
        }

        try
        {
            if (planned.FinishedAt is null)
            {
                await using var session = await RunSession.OpenAsync(workspace, call.CancellationToken);
                var backfill = await launcher.StartAsync(request.Pipeline, planned, session.Client, call.CancellationToken);
                BackfillOutput.Started(call.Terminal, await backfills.ProgressAsync(backfill, call.CancellationToken));
                var runs = new RunStore(workspace.Store);
                await session.WatchAsync(
                    backfill, async id => BackfillOutput.Ended(call.Terminal, await runs.FindAsync(id, call.CancellationToken)), call.CancellationToken);
            }

            var progress = await backfills.ProgressAsync(await backfills.RequireAsync(planned.Id, call.CancellationToken), call.CancellationToken);
            BackfillOutput.Write(call.Terminal, progress);
            call.Terminal.Json(
                new ProgressLine("backfilled") { Backfilled = BackfillDocument.Of(progress, withRuns: true) }, CliJson.Default.ProgressLine);
            return ExitCodes.OfBackfill(progress);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            call.Terminal.Error("interrupted", $"{planned.Id} was interrupted; no run that had ended is made again, and the same command continues");
            return ExitCodes.Interrupted;
        }
    }

    private static BackfillRequest Request(CommandCall call, Options options)
    {
        var source = options.Pipeline.Read(call);
        var parallel = call.Arguments.GetValue(options.Parallel);
        var stops = call.Arguments.GetValue(options.StopOnFailure);
        var stage = StageOption.Read(call, options.Stage);
        var chosen = new[] { call.Arguments.GetValue(options.Schedule) is not null, call.Arguments.GetValue(options.Every) is not null, call.Arguments.GetValue(options.Partitions) };
        if (chosen.Count(given => given) > 1)
        {
            throw new CliException(CliErrorCodes.Usage, "--schedule, --every and --partitions each say what the runs are of; give one of them");
        }

        if (call.Arguments.GetValue(options.Partitions))
        {
            var partitions = new BackfillRange.Partitions(call.Arguments.GetValue(options.From), call.Arguments.GetValue(options.To));
            return new BackfillRequest(source, partitions, Identity.Current) { Stage = stage ?? RunStage.All, Parallel = parallel, StopsOnFailure = stops };
        }

        var from = Instant(call, options.From);
        var schedule = call.Arguments.GetValue(options.Every) is { } every
            ? new ScheduleDefinition { Name = $"every {every}", Every = Duration(every), Start = from }
            : Schedule(source, call.Arguments.GetValue(options.Schedule));
        if (!schedule.Parameters.IsEmpty)
        {
            source = options.Pipeline.Read(call, schedule.Parameters);
        }

        return new BackfillRequest(source, new BackfillRange.Instants(schedule, from, Instant(call, options.To)), Identity.Current)
        {
            Stage = stage ?? schedule.Stage,
            Parallel = parallel,
            StopsOnFailure = stops,
        };
    }

    private static ScheduleDefinition Schedule(PipelineSource source, string? name)
    {
        var schedules = source.Definition.Triggers.Schedules;
        if (name is null)
        {
            return schedules.Length == 1
                ? schedules[0]
                : throw new CliException(
                    CliErrorCodes.Usage,
                    $"the pipeline has {Text.Counted(schedules.Length, "schedule")}; say what the runs are of: --schedule NAME, --every DURATION, or --partitions");
        }

        return schedules.FirstOrDefault(schedule => schedule.Name == name)
            ?? throw new CliException(
                CliErrorCodes.Usage,
                $"the pipeline has no schedule '{name}'.{NearestName.Hint(name, schedules.Select(schedule => schedule.Name))}");
    }

    private static DateTimeOffset Instant(CommandCall call, Option<string?> option)
    {
        var text = call.Arguments.GetValue(option)
            ?? throw new CliException(CliErrorCodes.Usage, $"{option.Name} is needed: an instant, such as 2026-01-01; with --partitions it may be left out");
        return DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var instant)
            ? instant
            : throw new CliException(
                CliErrorCodes.Usage, $"{option.Name} takes an instant, such as 2026-01-01 or 2026-01-01T03:00:00Z, not '{text}'; for partitions give --partitions");
    }

    private static TimeSpan Duration(string text) => Durations.TryParse(text, out var duration) && duration >= TimeSpan.FromSeconds(1)
        ? duration
        : throw new CliException(CliErrorCodes.Usage, $"--every takes a duration such as 90s, 5m, 12h or 7d, not '{text}'");
}
