using System.CommandLine;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli;

/// <summary>The option that names one stage of a pipeline.</summary>
internal static class StageOption
{
    private static readonly (string Name, RunStage Stage)[] Stages = [("all", RunStage.All), ("featurize", RunStage.Featurize), ("score", RunStage.Score)];

    public static Option<string?> Create(string description)
    {
        var option = new Option<string?>("--stage") { Description = description, HelpName = string.Join('|', Stages.Select(stage => stage.Name)) };
        option.AcceptOnlyFromAmong([.. Stages.Select(stage => stage.Name)]);
        return option;
    }

    /// <summary>The stage that was asked for; null when none was.</summary>
    public static RunStage? Read(CommandCall call, Option<string?> option) =>
        call.Arguments.GetValue(option) is { } name ? Stages.First(stage => stage.Name == name).Stage : null;
}
