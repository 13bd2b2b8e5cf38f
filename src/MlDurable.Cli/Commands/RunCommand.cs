using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable run</c>.</summary>
internal static class RunCommand
{
    private static readonly OrderedDictionary<string, RunPriority> Priorities = new()
    {
        ["low"] = RunPriority.Low,
        ["normal"] = RunPriority.Normal,
        ["high"] = RunPriority.High,
    };

    public static Command Create()
    {
        var pipeline = new PipelineArguments();
        var command = new ToolCommand(
            "run",
            "Validates the data, trains the candidates, and promotes the best one if it passes the pipeline's rules.",
            "mldurable run pipeline.yaml                            # everything that is new, nothing twice",
            "mldurable run pipeline.yaml --data june.csv            # brings a file in first",
            "mldurable run pipeline.yaml --stage score              # the champion's predictions for what has none",
            "mldurable run pipeline.yaml --set margin=0.01 --json   # progress and result as JSON lines");
        pipeline.AddTo(command, withData: true);
        var stage = StageOption.Create("One stage: featurize validates and featurizes new data, score writes the champion's predictions. Default: all, the whole flow.");
        command.Options.Add(stage);
        var priority = new Option<string?>("--priority") { Description = "Whose steps get a free slot first. Default: what the pipeline says.", HelpName = string.Join('|', Priorities.Keys) };
        priority.AcceptOnlyFromAmong([.. Priorities.Keys]);
        command.Options.Add(priority);
        command.Run = call => RunAsync(
            call, pipeline, StageOption.Read(call, stage) ?? RunStage.All, call.Arguments.GetValue(priority) is { } name ? Priorities[name] : null);
        return command;
    }

    private static async Task<int> RunAsync(CommandCall call, PipelineArguments arguments, RunStage stage, RunPriority? priority)
    {
        var source = arguments.Read(call);
        var files = arguments.DataFiles(call, source.Definition.Data);
        var workspace = call.OpenWorkspace(source.File);
        RunStarted? current = null;
        try
        {
            var run = await RunProcedure.RunAsync(
                workspace,
                source,
                stage,
                priority,
                files,
                Identity.Current,
                started =>
                {
                    current = started;
                    RunOutput.Started(call.Terminal, started);
                },
                uploaded =>
                {
                    call.Terminal.Line($"data: {uploaded.Name} ({uploaded.Result})");
                    call.Terminal.Json(new ProgressLine("uploaded") { File = uploaded }, CliJson.Default.ProgressLine);
                },
                (session, started) => RunOutput.WatchAsync(call, workspace, session, started),
                call.CancellationToken);
            return await RunOutput.EndAsync(call, workspace, run);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested && current is not null)
        {
            return RunOutput.Interrupted(call, current.RunId, current.Server is true);
        }
    }
}
