using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create() => new ToolCommand(
        "doctor",
        "Looks for what is wrong with a workspace: owner, journal, unfinished work, records, disk, clock. Changes nothing.",
        "mldurable doctor",
        "mldurable doctor --json")
    {
        Run = ExamineAsync,
    };

    private static async Task<int> ExamineAsync(CommandCall call)
    {
        var findings = new List<HealthFinding>();
        await foreach (var finding in new WorkspaceExamination(call.OpenWorkspace()).RunAsync(call.CancellationToken))
        {
            findings.Add(finding);
            var (tone, word) = finding.Level switch
            {
                HealthLevel.Ok => (Tone.Good, "ok"),
                HealthLevel.Warning => (Tone.Warning, "warning"),
                _ => (Tone.Bad, "error"),
            };
            call.Terminal.Line(tone, word, $" {finding.Check}: {finding.Text}");
        }

        call.Terminal.Json(new HealthDocument([.. findings]), CliJson.Default.HealthDocument);
        return findings.Exists(finding => finding.Level == HealthLevel.Error) ? ExitCodes.Failed : ExitCodes.Done;
    }
}
