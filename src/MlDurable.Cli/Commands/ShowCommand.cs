using System.Collections.Immutable;
using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable show</c>.</summary>
internal static class ShowCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN")
        {
            Description = "The run, the beginning of its id, or latest.",
            DefaultValueFactory = _ => "latest",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var export = new Option<string?>("--export")
        {
            Description = "Writes leaderboard.csv, predictions.csv, evaluation.json and report.html into this directory.",
            HelpName = "DIR",
        };
        var command = new ToolCommand(
            "show",
            "Shows a run: verdict, leaderboard, metrics, data, lineage.",
            "mldurable show latest",
            "mldurable show 20260102T030405 --export results   # also as CSV, JSON and HTML files");
        command.Arguments.Add(id);
        command.Options.Add(export);
        command.Run = call => ShowAsync(call, call.Arguments.GetRequiredValue(id), call.Arguments.GetValue(export));
        return command;
    }

    private static async Task<int> ShowAsync(CommandCall call, string id, string? export)
    {
        var workspace = call.OpenWorkspace();
        var runs = new RunStore(workspace.Store);
        var run = await runs.GetAsync(id, call.CancellationToken);
        var document = new RunDocument(
            run,
            await runs.PlanAsync(run.RunId, call.CancellationToken),
            await runs.DatasetAsync(run.RunId, call.CancellationToken),
            await runs.EvaluationAsync(run.RunId, call.CancellationToken),
            await runs.ManifestAsync(run.RunId, call.CancellationToken),
            RunFiles.ReportOf(workspace, run));
        if (export is not null)
        {
            document = document with { Exported = await ExportAsync(workspace, run, call.Host.FullPath(export), call.CancellationToken) };
        }

        call.Terminal.Json(document, CliJson.Default.RunDocument);
        Write(call.Terminal, document);
        await QualityOutput.WriteBrokenAsync(call.Terminal, runs, run, call.CancellationToken);
        return ExitCodes.Done;
    }

    private static void Write(Terminal terminal, RunDocument document)
    {
        var run = document.Run;
        terminal.Line(Tone.Heading, $"run {run.RunId}", $" of {run.Pipeline}, started {Text.Instant(run.StartedAt)}, took {Text.Seconds(run.FinishedAt - run.StartedAt)}");
        if (!run.Parameters.IsEmpty)
        {
            terminal.Line($"  parameters: {string.Join(", ", run.Parameters.Select(pair => $"{pair.Key}={pair.Value}"))}");
        }

        if (run.Priority != RunPriority.Normal)
        {
            terminal.Line($"  priority: {Text.Lower(run.Priority)}");
        }

        if (document.Dataset is { Split: var split } dataset)
        {
            terminal.Line($"  data: {Text.Counted(dataset.Partitions.Length, "partition")}, rows {split.TrainingRows} training, {split.ValidationRows} validation, {split.HoldoutRows} holdout");
        }

        if (document.Manifest is { } manifest)
        {
            terminal.Line($"  model: {run.Model}, {manifest.Trainer}, file {Text.Hash(manifest.ModelHash)}, pipeline file {Text.Hash(manifest.PipelineHash)}, seed {manifest.Seed}");
        }

        RunReport.Write(terminal, run, document.Evaluation, document.Report);
        foreach (var finding in run.Verdict?.Findings ?? [])
        {
            terminal.Line(finding.Passed ? Tone.Good : Tone.Warning, finding.Passed ? "  passed " : "  not    ", $" {finding.Check}: {finding.Detail}");
        }

        foreach (var file in document.Exported ?? [])
        {
            terminal.Line($"wrote {file}");
        }
    }

    private static async Task<ImmutableArray<string>> ExportAsync(
        Workspace workspace, RunRecord run, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var written = ImmutableArray.CreateBuilder<string>();
        if (!run.Leaderboard.IsEmpty)
        {
            var leaderboard = Path.Combine(directory, "leaderboard.csv");
            await File.WriteAllTextAsync(leaderboard, LeaderboardCsv.Write(run), cancellationToken);
            written.Add(leaderboard);
        }

        foreach (var name in new[] { RunStore.PredictionsFile, RunStore.EvaluationFile, RunStore.ReportFile })
        {
            var blob = RunStore.FileName(run.RunId, name);
            if (!await workspace.Store.ExistsAsync(blob, cancellationToken))
            {
                continue;
            }

            var file = Path.Combine(directory, name);
            await using var reader = await workspace.Store.OpenReadAsync(blob, ct: cancellationToken);
            await using var target = File.Create(file);
            await reader.Content.CopyToAsync(target, cancellationToken);
            written.Add(file);
        }

        return written.ToImmutable();
    }
}
