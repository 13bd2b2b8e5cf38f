using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
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
        Option<bool> Again,
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
            new Option<bool>("--again") { Description = "Of a backfill that has ended: makes those runs once more that failed or were not begun." },
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
        foreach (var option in new Option[] { options.From, options.To, options.Schedule, options.Every, options.Partitions, options.Stage, options.Parallel, options.StopOnFailure, options.Again, options.DryRun })
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
        var stage = StageOption.Read(call, options.Stage);
        var range = new BackfillSelection
        {
            From = call.Arguments.GetValue(options.From),
            To = call.Arguments.GetValue(options.To),
            Schedule = call.Arguments.GetValue(options.Schedule),
            Every = call.Arguments.GetValue(options.Every),
            Partitions = call.Arguments.GetValue(options.Partitions),
        }.RangeOf(source.Definition);
        var schedule = (range as BackfillRange.Instants)?.Schedule;
        if (schedule is { Parameters.IsEmpty: false })
        {
            source = options.Pipeline.Read(call, schedule.Parameters);
        }

        return new BackfillRequest(source, range, Identity.Current)
        {
            Stage = stage ?? schedule?.Stage ?? RunStage.All,
            Parallel = call.Arguments.GetValue(options.Parallel),
            StopsOnFailure = call.Arguments.GetValue(options.StopOnFailure),
            Again = call.Arguments.GetValue(options.Again),
        };
    }
}
