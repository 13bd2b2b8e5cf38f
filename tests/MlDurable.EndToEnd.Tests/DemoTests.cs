namespace MlDurable.EndToEnd.Tests;

public sealed class DemoTests
{
    [Fact]
    public async Task Demo_TellsItsStoryAndTheKilledRunEqualsTheUndisturbedOne()
    {
        using var directory = new TestDirectory();
        var document = (await directory.RunAsync("demo", "--json")).ShouldExitWith(0).Json;
        var acts = document.GetProperty("acts").EnumerateArray().ToList();
        Assert.Equal(4, acts.Count);
        Assert.Equal("Promoted", acts[0].GetProperty("run").GetProperty("outcome").GetString());
        Assert.Equal((10, 1, 1), Work(acts[1]));
        Assert.Equal((11, 1, 1), Work(acts[2]));
        Assert.Equal("Quarantined", acts[3].GetProperty("run").GetProperty("outcome").GetString());
        Assert.Equal(3, acts[3].GetProperty("exitCode").GetInt32());

        var kill = document.GetProperty("kill");
        Assert.True(kill.GetProperty("holds").GetBoolean());
        Assert.NotEqual(0, kill.GetProperty("finishedBefore").GetArrayLength());
        Assert.NotEqual(0, kill.GetProperty("startedAfter").GetArrayLength());
        Assert.Equal(0, kill.GetProperty("repeated").GetArrayLength());
        Assert.True(File.Exists(document.GetProperty("report").GetString()));

        (await directory.RunAsync("runs", "--store", "mldurable-demo/.mldurable")).ShouldExitWith(0);
        Assert.False(Directory.Exists(directory.At("mldurable-demo", "killed")));

        static (int Partitions, int Validated, int Featurized) Work(System.Text.Json.JsonElement act)
        {
            var work = act.GetProperty("run").GetProperty("work");
            return (work.GetProperty("partitions").GetInt32(), work.GetProperty("validated").GetInt32(), work.GetProperty("featurized").GetInt32());
        }
    }
}
