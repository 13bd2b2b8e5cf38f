using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable approve</c> and <c>mldurable reject</c>.</summary>
internal static class AnswerCommands
{
    public static Command CreateApprove() => Create(
        ApprovalChoice.Approve,
        new Option<string>("--reason") { Description = "Why, for the record.", HelpName = "TEXT", DefaultValueFactory = _ => "" },
        "approve",
        "Approves the candidate that a run asks about, also one that another terminal is carrying out. The first answer counts.",
        "mldurable approve latest",
        "mldurable approve 20260102T030405 --reason \"checked the slices\" --evidence 3f6b…   # only this evidence");

    public static Command CreateReject() => Create(
        ApprovalChoice.Reject,
        new Option<string>("--reason") { Description = "Why, for the record.", HelpName = "TEXT", Required = true },
        "reject",
        "Rejects the candidate that a run asks about: the champion stays. The first answer counts.",
        "mldurable reject latest --reason \"the drop on small aircraft\"");

    private static ToolCommand Create(ApprovalChoice choice, Option<string> reason, string name, string description, params string[] examples)
    {
        var id = new Argument<string>("RUN") { Description = "The run, the beginning of its id, or latest." };
        var evidence = new Option<string?>("--evidence")
        {
            Description = "Only if this is the evidence that is asked about, as `mldurable approvals` shows it. Default: whatever is asked about now.",
            HelpName = "HASH",
        };
        var command = new ToolCommand(name, description, examples);
        command.Arguments.Add(id);
        command.Options.Add(reason);
        command.Options.Add(evidence);
        command.Run = async call =>
        {
            var workspace = call.OpenWorkspace();
            var receipt = await ControlCommands.AnswerAsync(
                workspace,
                new AnswerRequest(
                    call.Arguments.GetRequiredValue(id), choice, call.Arguments.GetRequiredValue(reason), call.Arguments.GetValue(evidence), Identity.Current),
                call.CancellationToken);
            ApprovalOutput.Write(call.Terminal, receipt);
            if (receipt.Status == AnswerStatus.Counts && workspace.Owner() is null)
            {
                call.Terminal.Line($"no process carries the run out; it goes on with `mldurable resume {receipt.RunId}{workspace.StoreOption()}`");
            }

            return ExitCodes.OfAnswer(receipt.Status);
        };
        return command;
    }
}
