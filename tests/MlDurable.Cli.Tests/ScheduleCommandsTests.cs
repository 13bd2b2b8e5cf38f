using System.Text.Json;

namespace MlDurable.Cli.Tests;

public sealed class ScheduleCommandsTests : IDisposable
{
    private const string Nightly = """

        triggers:
          - schedule: { name: nightly, cron: "0 0 3 * * *", zone: Europe/Berlin }
          - schedule: { every: 1h, stage: featurize }
        """;

    private readonly CliHost cli = new();

    [Fact]
    public async Task Deploy_ThenSchedules_ShowsTheNextInstants()
    {
        await DeployAsync();

        Assert.Equal(0, await cli.RunAsync("schedules", "churn", "--next", "2", "--json"));

        var schedules = LastJson().GetProperty("schedules");
        Assert.Equal(["nightly", "schedule-2"], schedules.EnumerateArray().Select(static schedule => schedule.GetProperty("schedule").GetString()));
        Assert.Equal("0 0 3 * * * Europe/Berlin", schedules[0].GetProperty("when").GetString());
        Assert.Equal(2, schedules[1].GetProperty("next").GetArrayLength());
        Assert.Equal(0, await cli.RunAsync("schedules"));
        Assert.Contains("every 1h", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pause_ThenUnpause_IsSeenInTheList()
    {
        await DeployAsync();

        Assert.Equal(0, await cli.RunAsync("pause", "churn", "nightly", "--reason", "the source is down"));
        Assert.Equal(0, await cli.RunAsync("schedules", "--json"));
        var schedules = LastJson().GetProperty("schedules");
        Assert.Equal("the source is down", schedules[0].GetProperty("pause").GetProperty("reason").GetString());
        Assert.False(schedules[1].TryGetProperty("pause", out _));

        Assert.Equal(0, await cli.RunAsync("unpause", "churn"));
        Assert.Equal(0, await cli.RunAsync("schedules", "--json"));
        Assert.All(LastJson().GetProperty("schedules").EnumerateArray(), static schedule => Assert.False(schedule.TryGetProperty("pause", out _)));
    }

    [Fact]
    public async Task Undeploy_Deployed_LeavesNoSchedule()
    {
        await DeployAsync();

        Assert.Equal(0, await cli.RunAsync("undeploy", "churn"));
        Assert.Equal(0, await cli.RunAsync("schedules"));
        Assert.Contains("no schedules in", cli.Output, StringComparison.Ordinal);
        Assert.Equal(4, await cli.RunAsync("undeploy", "churn"));
    }

    [Theory]
    [InlineData("schedules", "churm")]
    [InlineData("pause", "churm", "--reason", "x")]
    [InlineData("unpause", "churn", "nightli")]
    public async Task Command_NameThatIsNotThere_ExitsWith4AndSaysWhatMayBeMeant(params string[] args)
    {
        await DeployAsync();

        Assert.Equal(4, await cli.RunAsync(args));
        Assert.Contains("did you mean", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deploy_InvalidFile_ExitsWith2AndChangesNothing()
    {
        cli.Write("pipeline.yaml", SamplePipeline.Yaml + Nightly.Replace("\"0 0 3 * * *\"", "0 0 3 * * MON,FRI", StringComparison.Ordinal));

        Assert.Equal(2, await cli.RunAsync("deploy", "pipeline.yaml"));
        Assert.Contains("cron: \"0 0 3 * * MON,FRI\"", cli.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(cli.Directory, ".mldurable")));
    }

    [Theory]
    [InlineData("pause", "churn")]
    [InlineData("schedules", "--next", "0")]
    [InlineData("deploy")]
    public async Task Command_Misused_ExitsWith2(params string[] args) => Assert.Equal(2, await cli.RunAsync(args));

    public void Dispose() => cli.Dispose();

    private async Task DeployAsync()
    {
        cli.Write("pipeline.yaml", SamplePipeline.Yaml + Nightly);
        Assert.True(await cli.RunAsync("deploy", "pipeline.yaml") == 0, cli.Error);
    }

    /// <summary>The document of the last command: earlier ones wrote lines before it.</summary>
    private JsonElement LastJson() => JsonDocument.Parse(cli.Output[cli.Output.LastIndexOf("\n{\"schedules\"", StringComparison.Ordinal)..]).RootElement;
}
