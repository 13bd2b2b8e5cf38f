using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable plan</c>.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var pipeline = new PipelineArguments();
        var command = new ToolCommand(
            "plan",
            "Says what a run would do and what it would reuse, without doing it. Writes nothing.",
            "mldurable plan pipeline.yaml",
            "mldurable plan pipeline.yaml --set margin=0.01 --json");
        pipeline.AddTo(command, withData: false);
        command.Run = call => PlanAsync(call, pipeline);
        return command;
    }

    private static async Task<int> PlanAsync(CommandCall call, PipelineArguments arguments)
    {
        var source = arguments.Read(call);
        var forecast = await new RunForecaster(call.OpenWorkspace(source.File).Store)
            .ForecastAsync(source.Definition, source.Hash, call.CancellationToken);
        call.Terminal.Json(forecast, CliJson.Default.RunForecast);

        var plan = forecast.Plan;
        call.Terminal.Line(Tone.Heading, $"a run of {plan.Pipeline}", $" now would use {Text.Counted(plan.Partitions.Length, "partition")}:");
        var partitions = new TextTable("partition", "bytes", "content", "validate", "featurize");
        foreach (var partition in plan.Partitions)
        {
            partitions.Add(
                partition.Name,
                $"{partition.Length}",
                Text.Hash(partition.Hash),
                forecast.Broken.Contains(partition.Name) ? "broken" : partition.Validated ? "reuse" : "do",
                forecast.Broken.Contains(partition.Name) ? Text.None : partition.Featurized ? "reuse" : "do");
        }

        partitions.WriteTo(call.Terminal, 2);
        if (forecast.NewSchema)
        {
            call.Terminal.Line("  and freeze the schema of the data, being the pipeline's first");
        }

        if (forecast.Stops)
        {
            call.Terminal.Line(Tone.Bad, "it would stop there", $": {string.Join(", ", forecast.Broken)} {(forecast.Broken.Length == 1 ? "breaks" : "break")} an expectation");
            return ExitCodes.Done;
        }

        var names = CandidateNames.Of(plan.Candidates, plan.Search);
        var candidates = new TextTable("candidate", "train");
        foreach (var (place, candidate) in plan.Candidates.Index())
        {
            candidates.Add(names[place], forecast.CachedCandidates.Contains(candidate.Index) ? "reuse" : "do");
        }

        candidates.WriteTo(call.Terminal, 2);
        if (plan.Halving is { } halving)
        {
            call.Terminal.Line(
                $"  by successive halving: each begins on 1/{halving.Divisor(0)} of the training rows, and the best of {halving.Reduction} goes on with {halving.Reduction} times as many");
        }

        if (plan.Search is not null)
        {
            call.Terminal.Line($"  and {Text.Counted(plan.MostCandidates - plan.Candidates.Length, "candidate")} that the search proposes by what those before reached");
        }

        return ExitCodes.Done;
    }
}
