using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalInspectionTests : IDisposable
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ReadInstance_BesideTheEngineThatWrites_ShowsItsTurns()
    {
        await using var engine = await OpenAsync();
        await engine.Client.StartAsync(s_main, "in", new() { InstanceId = "i" });
        await engine.Client.RaiseEventAsync("i", s_signal, "go");
        await engine.Client.WaitForCompletionAsync("i");
        for (var number = 0; number < 200; number++)
        {
            var reading = Task.Run(() => JournalInspection.Read(_directory.Path));
            await engine.Client.StartAsync(s_main, "wait", new() { InstanceId = $"other {number}" });
            Assert.Null((await reading).Damage);
        }

        var history = JournalInspection.ReadInstance(_directory.Path, "i")!;

        Assert.Equal(OrchestrationRuntimeStatus.Completed, history.State.RuntimeStatus);
        Assert.Equal(("started: 'main' version 1", "\"in\""), (history.Lines[0].Text, history.Lines[0].Payload));
        Assert.Contains(history.Lines, line => line.Text == "  step 1: activity 'work'" && line.Payload == "\"in\"");
        Assert.Contains(history.Lines, line => line.Text == "step 1 has succeeded");
        Assert.Contains(history.Lines, line => line.Text == "event 0 'signal'" && line.Payload == "\"go\"");
        Assert.Equal(("  completed", "\"in go\""), (history.Lines[^1].Text, history.Lines[^1].Payload));
        Assert.Null(JournalInspection.ReadInstance(_directory.Path, "none"));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Read_QuarantinedStep_IsShown()
    {
        ChildProcess? child;
        while ((child = await ChildProcess.StartDoomedAsync(_directory.Path)) is null)
        {
        }

        using (child)
        {
            var report = JournalInspection.Read(_directory.Path);
            Assert.Equal(["i", "j"], report.Instances.Select(instance => instance.InstanceId));
            Assert.Equal(new QuarantinedStep("i", 1, "effect", 5), Assert.Single(report.Instances[0].QuarantinedSteps));
        }
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("flip")]
    [InlineData("zero")]
    [InlineData("duplicate")]
    [InlineData("missing")]
    [InlineData("truncate")]
    public async Task Read_DamagedMiddle_NamesTheFileAndChangesNothing(string how)
    {
        await using (var engine = await OpenAsync())
        {
            for (var number = 0; number < 100; number++)
            {
                await engine.Client.StartAsync(s_main, "wait", new() { InstanceId = $"{number}" });
            }
        }

        var file = Path.Combine(_directory.Path, "segment-0000000002");
        var bytes = await File.ReadAllBytesAsync(file);
        switch (how)
        {
            case "flip": bytes[bytes.Length / 2] ^= 4; break;
            case "zero": bytes.AsSpan(bytes.Length / 2, 512).Clear(); break;
            case "duplicate": bytes.AsSpan(1024, 512).CopyTo(bytes.AsSpan(2048)); break;
            case "truncate": bytes = bytes[..(bytes.Length / 2)]; break;
            default: File.Delete(file); break;
        }

        if (how != "missing")
        {
            await File.WriteAllBytesAsync(file, bytes);
        }

        await using (var next = how is "truncate" or "missing" ? await AppendSegmentAsync() : null)
        {
            var before = Content();
            var report = JournalInspection.Read(_directory.Path);

            Assert.Contains(how == "truncate" ? "segment-000000000" : "segment-0000000002", report.Damage, StringComparison.Ordinal);
            Assert.Equal(
                EmbeddedErrorCodes.JournalCorrupt,
                Assert.Throws<OrchestrationException>(() => JournalInspection.ReadInstance(_directory.Path, "1")).Code);
            Assert.Equal(before, Content());
        }
    }

    [Fact]
    public async Task Read_TornEnd_IsNoDamage()
    {
        await using (var engine = await OpenAsync())
        {
            await engine.Client.StartAsync(s_main, "wait", new() { InstanceId = "i" });
            await engine.Client.StartAsync(s_main, "wait", new() { InstanceId = "j" });
        }

        var file = Path.Combine(_directory.Path, "segment-0000000002");
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..^3]);

        var report = JournalInspection.Read(_directory.Path);

        Assert.True(report.IsTorn);
        Assert.Null(report.Damage);
        Assert.Contains("i", report.Instances.Select(instance => instance.InstanceId));
    }

    private Task<EmbeddedEngine> OpenAsync() => EmbeddedEngine.OpenAsync(
        new OrchestrationCatalog().Add(s_work, text => text).Add(s_main, async (context, input) =>
            input == "wait"
                ? await context.WaitForExternalEventAsync(s_signal)
                : await context.CallActivityAsync(s_work, input) + " " + await context.WaitForExternalEventAsync(s_signal)),
        new() { Directory = _directory.Path });

    // A later segment, which proves that the one before it was once whole. As another process would have left it: the damaged journal cannot be opened.
    private async Task<FileStream> AppendSegmentAsync()
    {
        var path = Path.Combine(_directory.Path, "segment-0000000003");
        await File.WriteAllBytesAsync(path, await File.ReadAllBytesAsync(Path.Combine(_directory.Path, "segment-0000000001")));
        return File.OpenRead(path);
    }

    private Dictionary<string, int> Content() => Directory.EnumerateFiles(_directory.Path)
        .Where(file => Path.GetFileName(file).StartsWith("segment", StringComparison.Ordinal))
        .ToDictionary(file => file, file => File.ReadAllBytes(file).Length);
}
