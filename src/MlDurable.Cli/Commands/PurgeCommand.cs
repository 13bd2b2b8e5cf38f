using System.CommandLine;
using System.Globalization;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable purge</c>.</summary>
internal static class PurgeCommand
{
    private static readonly OrchestrationRuntimeStatus[] Finished =
    [
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated,
    ];

    public static Command Create()
    {
        var age = new Option<string>("--older-than") { Description = "Only what ended so long ago, such as 12h, 7d or 30d.", HelpName = "TIME", Required = true };
        var status = new Option<OrchestrationRuntimeStatus?>("--status") { Description = "Only what ended so: completed, failed or terminated. Default: all of them.", HelpName = "STATUS" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Counts, and changes nothing." };
        status.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<OrchestrationRuntimeStatus?>() is { } value && !Finished.Contains(value))
            {
                result.AddError("--status takes completed, failed or terminated.");
            }
        });
        var command = new ToolCommand(
            "purge",
            "Lets the engine forget what has ended. The records of runs, models and features in the store stay.",
            "mldurable purge --older-than 7d",
            "mldurable purge --older-than 12h --status failed --dry-run");
        command.Options.Add(age);
        command.Options.Add(status);
        command.Options.Add(dryRun);
        command.Run = call => PurgeAsync(
            call, call.Arguments.GetRequiredValue(age), call.Arguments.GetValue(status), call.Arguments.GetValue(dryRun));
        return command;
    }

    private static async Task<int> PurgeAsync(CommandCall call, string age, OrchestrationRuntimeStatus? status, bool isDryRun)
    {
        if (!Durations.TryParse(age, out var olderThan))
        {
            throw new CliException(CliErrorCodes.Usage, $"--older-than takes a duration such as 12h, 7d or 30d, not '{age}'");
        }

        var workspace = call.OpenWorkspace();
        var policy = new PurgePolicy
        {
            EndedBefore = workspace.TimeProvider.GetUtcNow() - olderThan,
            Statuses = status is { } one ? [one] : null,
            IsDryRun = isDryRun,
        };
        var progress = await ControlCommands.PurgeAsync(workspace, policy, call.CancellationToken);
        call.Terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Purged} instances {(isDryRun ? "would be forgotten" : "are forgotten")}; what they have stored stays"));
        call.Terminal.Json(progress, CliJson.Default.PurgeProgress);
        return ExitCodes.Done;
    }
}
