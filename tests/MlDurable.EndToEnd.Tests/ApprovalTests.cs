using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlDurable.EndToEnd.Tests;

/// <summary>A run waits for a person, who answers in a second terminal.</summary>
public sealed class ApprovalTests
{
    private static readonly string Pipeline = BirdStrikes.Pipeline() + "\napprove: { not-author: false }\n";

    [Fact]
    public async Task Approve_InASecondTerminal_LetsTheFirstGoOn()
    {
        using var directory = new TestDirectory(Pipeline);
        using var owner = Tool.Watch(directory.Root, RunArguments());
        var waiting = (await owner.WaitForAsync(Waits)).GetProperty("step").GetProperty("waiting");

        var listed = (await directory.RunAsync("approvals", "--json")).ShouldExitWith(0).Json.GetProperty("approvals")[0];
        var evidence = listed.GetProperty("request").GetProperty("evidenceHash").GetString()!;
        Assert.Equal(evidence, waiting.GetProperty("evidenceHash").GetString());
        Assert.Contains("mldurable approve ", (await directory.RunAsync("approvals")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("waits", (await directory.RunAsync("runs")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        (await directory.RunAsync("approve", "latest", "--evidence", "other")).ShouldExitWith(5);
        (await directory.RunAsync("reject", "latest")).ShouldExitWith(2);
        (await directory.RunAsync("approve", "20200101")).ShouldExitWith(4);

        var receipt = (await directory.RunAsync("approve", "latest", "--reason", "looks right", "--evidence", evidence, "--json")).ShouldExitWith(0).Json;
        Assert.Equal("Counts", receipt.GetProperty("status").GetString());
        var ended = (await owner.EndAsync()).ShouldExitWith(0);
        Assert.Equal("Promoted", ended.Run.GetProperty("outcome").GetString());
        Assert.Equal("looks right", ended.Run.GetProperty("approval").GetProperty("reason").GetString());
        var late = (await directory.RunAsync("reject", "latest", "--reason", "too late")).ShouldExitWith(5);
        Assert.Contains("changes nothing", late.Error, StringComparison.Ordinal);
        Assert.Contains("looks right", (await directory.RunAsync("show")).ShouldExitWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("no run waits", (await directory.RunAsync("approvals")).ShouldExitWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reject_WhileNobodyCarriesTheRunOut_HoldsWhenItIsResumed()
    {
        using var directory = new TestDirectory(Pipeline);
        using (var owner = Tool.Watch(directory.Root, RunArguments()))
        {
            await owner.WaitForAsync(Waits);
            owner.Signal(PosixSignal.SIGINT);
            (await owner.EndAsync()).ShouldExitWith(130);
        }

        var rejected = (await directory.RunAsync("reject", "latest", "--reason", "not now")).ShouldExitWith(0);
        Assert.Contains("mldurable resume", rejected.Output, StringComparison.Ordinal);
        Assert.Contains("later answer changes nothing", (await directory.RunAsync("approve", "latest")).ShouldExitWith(5).Error, StringComparison.Ordinal);
        var resumed = (await directory.RunAsync("resume", "--json")).ShouldExitWith(3);
        Assert.Equal("Rejected", resumed.Run.GetProperty("outcome").GetString());
        Assert.EndsWith(": not now", resumed.Run.GetProperty("summary").GetString(), StringComparison.Ordinal);
        var model = (await directory.RunAsync("models", BirdStrikes.Model, "--json")).Json.GetProperty("models")[0];
        Assert.False(model.GetProperty("aliases").TryGetProperty("champion", out _));
    }

    [Fact]
    public async Task Approve_ByTheAuthor_IsRefusedAndSaysSoWhileItWaits()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline() + "\napprove: { timeout: 1d }\n");
        using (var owner = Tool.Watch(directory.Root, RunArguments()))
        {
            await owner.WaitForAsync(Waits);
            Assert.Contains("may not answer", (await directory.RunAsync("approve", "latest")).ShouldExitWith(3).Error, StringComparison.Ordinal);
            owner.Process.Kill();
            await owner.EndAsync();
        }

        using var resumed = Tool.Watch(directory.Root, "resume");
        Assert.Contains("waits for approval until", await resumed.LineAsync("waits"), StringComparison.Ordinal);
        (await directory.RunAsync("cancel", "latest")).ShouldExitWith(0);
        (await resumed.EndAsync()).ShouldExitWith(1);
    }

    private static string[] RunArguments() =>
        ["run", "pipeline.yaml", "--json", .. new[] { 1990, 1991, 1992, 1993 }.SelectMany(year => new[] { "--data", BirdStrikes.File(year) })];

    private static bool Waits(JsonElement line) => line.TryGetProperty("step", out var step) && step.TryGetProperty("waiting", out _);
}
