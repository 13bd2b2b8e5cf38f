using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("FIRST") { Description = "A run, the beginning of its id, or latest." };
        var second = new Argument<string>("SECOND") { Description = "Another run." };
        var command = new ToolCommand(
            "compare",
            "Shows two runs side by side: the settings and data that differ, and the metrics.",
            "mldurable compare 20260101T030405 latest");
        command.Arguments.Add(first);
        command.Arguments.Add(second);
        command.Run = async call =>
        {
            var workspace = call.OpenWorkspace();
            var comparison = await RunComparison.CompareAsync(
                workspace.Store, call.Arguments.GetRequiredValue(first), call.Arguments.GetRequiredValue(second), call.CancellationToken);
            call.Terminal.Json(comparison, CliJson.Default.RunComparison);
            Write(call.Terminal, comparison);
            return ExitCodes.Done;
        };
        return command;
    }

    private static void Write(Terminal terminal, RunComparison comparison)
    {
        if (comparison.Differences.IsEmpty)
        {
            terminal.Line("the runs have the same settings, data and model");
        }
        else
        {
            var differences = new TextTable("differs", "", comparison.First.RunId, comparison.Second.RunId);
            foreach (var difference in comparison.Differences)
            {
                differences.Add(difference.Section, difference.Name, difference.First ?? Text.None, difference.Second ?? Text.None);
            }

            differences.WriteTo(terminal);
        }

        if (comparison.Metrics.IsEmpty)
        {
            return;
        }

        var metrics = new TextTable("metric", comparison.First.RunId, "interval", comparison.Second.RunId, "interval");
        foreach (var metric in comparison.Metrics)
        {
            metrics.Add(
                metric.Metric,
                Text.Metric(metric.First?.Value),
                metric.First is { } a ? Text.Interval(a.Interval) : Text.None,
                Text.Metric(metric.Second?.Value),
                metric.Second is { } b ? Text.Interval(b.Interval) : Text.None);
        }

        terminal.Line();
        metrics.WriteTo(terminal);
        terminal.Line(comparison.SameRows
            ? "both were judged on the same rows"
            : "they were judged on different rows: the metrics do not compare directly");
    }
}
