namespace MlDurable.EndToEnd.Tests;

/// <summary>What the tool says of workspaces that are well, in use, and damaged.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task Doctor_SoundThenOwnedThenDamaged_SaysSoAndChangesNothing()
    {
        using var directory = new TestDirectory(BirdStrikes.Pipeline());
        (await directory.RunAsync("doctor")).ShouldExitWith(1);
        await directory.RunYearsAsync([1990, 1991]);

        var sound = (await directory.RunAsync("doctor", "--json")).ShouldExitWith(0).Json;
        Assert.All(sound.GetProperty("findings").EnumerateArray(), finding => Assert.Equal("Ok", finding.GetProperty("level").GetString()));
        var history = (await directory.RunAsync("history", "latest")).ShouldExitWith(0).Output;
        Assert.Contains("is completed", history, StringComparison.Ordinal);
        (await directory.RunAsync("history", "nothing")).ShouldExitWith(4);

        directory.Write("pipeline.yaml", BirdStrikes.LongPipeline(trees: 5_000));
        using (var owner = Tool.Watch(directory.Root, "run", "pipeline.yaml", "--json"))
        {
            await owner.WaitForAsync(line => line.TryGetProperty("step", out var step) && step.GetProperty("stage").GetString() == "train");
            var owned = (await directory.RunAsync("doctor")).ShouldExitWith(0).Output;
            Assert.Contains($"process {owner.Process.Id}", owned, StringComparison.Ordinal);
            var running = (await directory.RunAsync("history", "latest", "--json")).ShouldExitWith(0).Json;
            Assert.Contains(running.GetProperty("lines").EnumerateArray(), line => line.GetProperty("text").GetString()!.Contains("activity 'train'", StringComparison.Ordinal));
            owner.Process.Kill();
            await owner.EndAsync();
        }

        Assert.Contains("nobody", (await directory.RunAsync("doctor")).ShouldExitWith(0).Output, StringComparison.Ordinal);

        var run = (await directory.RunAsync("runs", "--json")).Json.GetProperty("runs")[0].GetProperty("runId").GetString()!;
        var segment = Directory.EnumerateFiles(directory.At(".mldurable", "journal"), "segment-*").Order().First(file => new FileInfo(file).Length > 1_000);
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[500] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);
        await File.WriteAllTextAsync(Directory.EnumerateFiles(directory.At(".mldurable", "runs"), "run.json", SearchOption.AllDirectories).First(), "{");
        var damaged = (await directory.RunAsync("doctor")).ShouldExitWith(1).Output;
        Assert.Contains(Path.GetFileName(segment), damaged, StringComparison.Ordinal);
        Assert.Contains("1 of 2 records cannot be read", damaged, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(segment));
        Assert.Contains(Path.GetFileName(segment), (await directory.RunAsync("history", run)).ShouldExitWith(1).Error, StringComparison.Ordinal);
    }
}
