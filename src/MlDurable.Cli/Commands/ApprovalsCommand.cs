using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable approvals</c>.</summary>
internal static class ApprovalsCommand
{
    public static Command Create() => new ToolCommand(
        "approvals",
        "Lists the runs that wait for a person's approval, with what they ask and the hash of the evidence.",
        "mldurable approvals",
        "mldurable approvals --json")
    {
        Run = ListAsync,
    };

    private static async Task<int> ListAsync(CommandCall call)
    {
        var workspace = call.OpenWorkspace();
        var document = new ApprovalsDocument([]);
        await foreach (var view in new ApprovalBook(workspace.Store).ListAsync(call.CancellationToken))
        {
            document = new ApprovalsDocument(document.Approvals.Add(view));
        }

        call.Terminal.Json(document, CliJson.Default.ApprovalsDocument);
        foreach (var view in document.Approvals)
        {
            ApprovalOutput.Write(call.Terminal, view);
            call.Terminal.Line($"  mldurable approve {view.Request.RunId}{workspace.StoreOption()}");
            call.Terminal.Line($"  mldurable reject {view.Request.RunId} --reason \"…\"{workspace.StoreOption()}");
        }

        if (document.Approvals.IsEmpty)
        {
            call.Terminal.Line($"no run waits for approval in {workspace.Place}");
        }

        return ExitCodes.Done;
    }
}
