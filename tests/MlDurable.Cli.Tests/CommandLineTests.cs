using System.Text.Json;

namespace MlDurable.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private static readonly string[] Commands =
    [
        "demo", "init", "validate", "plan", "run", "resume", "cancel", "approvals", "approve", "reject", "runs", "backfill", "backfills", "show", "compare", "models", "promote", "rollback", "predict",
        "reproduce", "restart", "retry", "rewind", "skip", "purge", "history", "doctor", "export", "deploy", "undeploy", "schedules", "pause", "unpause", "serve", "keys",
    ];

    private readonly CliHost cli = new();

    public static TheoryData<string> CommandNames => [.. Commands];

    [Fact]
    public void Root_HasEveryCommand() =>
        Assert.Equal(Commands.Order(), CommandLine.Root(out _, out _, out _).Subcommands.Select(command => command.Name).Order());

    [Theory]
    [MemberData(nameof(CommandNames))]
    public async Task Help_OfEveryCommand_ShowsExamplesAndGlobalOptions(string command)
    {
        Assert.Equal(0, await cli.RunAsync(command, "--help"));
        Assert.Contains("Examples:\n  mldurable " + command, cli.Output, StringComparison.Ordinal);
        Assert.Contains("--store", cli.Output, StringComparison.Ordinal);
        Assert.Contains("--json", cli.Output, StringComparison.Ordinal);
        Assert.Empty(cli.Error);
    }

    [Theory]
    [MemberData(nameof(CommandNames))]
    public async Task Examples_OfEveryCommand_AreValidCommandLines(string name)
    {
        var root = CommandLine.Root(out _, out _, out _);
        var command = (ToolCommand)root.Subcommands.Single(candidate => candidate.Name == name);
        Assert.NotEmpty(command.Examples);
        foreach (var example in command.Examples)
        {
            var line = example.Split('#')[0].Split('|')[^1].Split('>')[0].Trim();
            var parsed = root.Parse(System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(line).Skip(1).ToArray());
            Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join(' ', parsed.Errors)}");
            Assert.Same(command, parsed.CommandResult.Command);
        }

        await Task.CompletedTask;
    }

    [Fact]
    public async Task Help_OfRoot_ShowsExitCodes()
    {
        Assert.Equal(0, await cli.RunAsync("--help"));
        Assert.Contains("130  interrupted", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCommand_ShowsHelp()
    {
        Assert.Equal(0, await cli.RunAsync());
        Assert.Contains("Commands:", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownCommand_IsUsageErrorWithSuggestion()
    {
        Assert.Equal(2, await cli.RunAsync("rum", "pipeline.yaml"));
        Assert.Contains("error: there is no command 'rum'. Did you mean 'run'?", cli.Error, StringComparison.Ordinal);
        Assert.Empty(cli.Output);
    }

    [Fact]
    public async Task UnknownOption_IsUsageErrorWithSuggestion()
    {
        Assert.Equal(2, await cli.RunAsync("runs", "--limti", "3"));
        Assert.Contains("there is no option '--limti'. Did you mean '--limit'?", cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("predict", "churn")]
    [InlineData("promote", "churn", "one", "--reason", "x")]
    [InlineData("promote", "churn", "1")]
    [InlineData("runs", "--limit", "0")]
    [InlineData("predict", "churn", "--input", "-", "--explain", "0")]
    public async Task WrongUsage_ExitsWith2AndSaysWhereHelpIs(params string[] args)
    {
        Assert.Equal(2, await cli.RunAsync(args));
        Assert.StartsWith("error: ", cli.Error, StringComparison.Ordinal);
        Assert.Contains($"`mldurable {args[0]} --help`", cli.Error, StringComparison.Ordinal);
        Assert.Empty(cli.Output);
    }

    [Fact]
    public async Task WrongUsage_WithJson_IsOneDocumentOnTheErrorStream()
    {
        Assert.Equal(2, await cli.RunAsync("rum", "--json"));
        using var document = JsonDocument.Parse(cli.Error);
        Assert.Equal("usage", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(cli.Output);
    }

    [Fact]
    public async Task PredictToStandardOutput_WithJson_IsUsageError()
    {
        Assert.Equal(2, await cli.RunAsync("predict", "churn", "--input", "-", "--json"));
        Assert.Contains("--json needs --output", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingPipelineFile_ExitsWith4()
    {
        Assert.Equal(4, await cli.RunAsync("plan", "nowhere.yaml"));
        Assert.Contains("there is no pipeline file 'nowhere.yaml'", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvalidPipeline_ReportsEveryProblemWithItsPlace()
    {
        cli.Write("bad.yaml", SamplePipeline.Yaml.Replace("l2:", "l3:", StringComparison.Ordinal).Replace("positive:", "postive:", StringComparison.Ordinal));
        Assert.Equal(2, await cli.RunAsync("run", "bad.yaml"));
        Assert.Contains("bad.yaml:6:", cli.Error, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:10:", cli.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(cli.Directory, ".mldurable")));
    }

    [Fact]
    public async Task InvalidPipeline_WithJson_CarriesTheProblems()
    {
        cli.Write("bad.yaml", SamplePipeline.Yaml.Replace("l2:", "l3:", StringComparison.Ordinal));
        Assert.Equal(2, await cli.RunAsync("plan", "bad.yaml", "--json"));
        using var document = JsonDocument.Parse(cli.Error);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal("pipeline-invalid", error.GetProperty("code").GetString());
        Assert.Equal(10, error.GetProperty("problems")[0].GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("--set", "margin")]
    [InlineData("--set", "=1")]
    public async Task Set_WithoutNameAndValue_IsUsageError(params string[] setting)
    {
        cli.Write("p.yaml", SamplePipeline.Yaml);
        Assert.Equal(2, await cli.RunAsync(["plan", "p.yaml", .. setting]));
        Assert.Contains("--set takes NAME=VALUE", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_Twice_IsUsageError()
    {
        cli.Write("p.yaml", SamplePipeline.Yaml);
        Assert.Equal(2, await cli.RunAsync("plan", "p.yaml", "--set", "margin=1", "--set", "margin=2"));
        Assert.Contains("'margin' twice", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_OfAnImpossibleValue_IsAnInvalidPipeline()
    {
        cli.Write("p.yaml", SamplePipeline.Yaml);
        Assert.Equal(2, await cli.RunAsync("plan", "p.yaml", "--set", "margin=-1"));
        Assert.Contains("margin", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_WithoutData_ExitsWith4AndWritesNothing()
    {
        cli.Write("p.yaml", SamplePipeline.Yaml);
        Assert.Equal(4, await cli.RunAsync("plan", "p.yaml"));
        Assert.Contains("churn/*.csv", cli.Error, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(cli.Directory));
    }

    [Fact]
    public async Task Validate_WithoutData_SaysThatThereIsNoneYet()
    {
        cli.Write("p.yaml", SamplePipeline.Yaml);
        Assert.Equal(0, await cli.RunAsync("validate", "p.yaml"));
        Assert.Contains("nothing matches 'churn/*.csv' yet", cli.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs", "{\"runs\":[]}")]
    [InlineData("backfills", "{\"backfills\":[]}")]
    [InlineData("models", "{\"models\":[]}")]
    public async Task EmptyWorkspace_WithJson_IsAnEmptyList(string command, string expected)
    {
        Assert.Equal(0, await cli.RunAsync(command, "--json"));
        Assert.Equal(expected + "\n", cli.Output);
    }

    [Theory]
    [InlineData("show", "latest")]
    [InlineData("compare", "latest", "latest")]
    [InlineData("cancel", "2026")]
    [InlineData("resume", "2026")]
    [InlineData("reproduce", "latest")]
    [InlineData("models", "churn")]
    [InlineData("promote", "churn", "1", "--reason", "x")]
    [InlineData("rollback", "churn", "--reason", "x")]
    [InlineData("predict", "churn", "--input", "-")]
    public async Task WhatIsNotThere_ExitsWith4(params string[] args)
    {
        Assert.Equal(4, await cli.RunAsync(args));
        Assert.StartsWith("error: there is no ", cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "runs")]
    [InlineData(0, "models")]
    [InlineData(0, "resume")]
    [InlineData(4, "models", "churn")]
    [InlineData(4, "show")]
    [InlineData(4, "show", "2026")]
    [InlineData(4, "compare", "2026", "2027")]
    [InlineData(4, "predict", "churn", "--input", "-")]
    [InlineData(4, "reproduce", "latest")]
    [InlineData(4, "cancel", "2026")]
    [InlineData(4, "cancel", "backfill-0123456789abcdef")]
    [InlineData(4, "backfills", "backfill-0123456789abcdef")]
    [InlineData(4, "promote", "churn", "1", "--reason", "x")]
    [InlineData(4, "rollback", "churn", "--reason", "x")]
    public async Task MissingStore_IsNotMade(int exitCode, params string[] args)
    {
        Assert.Equal(exitCode, await cli.RunAsync([.. args, "--store", "nowhere"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(cli.Directory));
    }

    [Theory]
    [InlineData("runs")]
    [InlineData("models")]
    public async Task EmptyWorkspace_SaysSoAndWhatToDo(string command)
    {
        Directory.CreateDirectory(Path.Combine(cli.Directory, "empty"));
        Assert.Equal(0, await cli.RunAsync(command, "--store", "empty"));
        Assert.Contains($"no {command} yet in ", cli.Output, StringComparison.Ordinal);
        Assert.Contains("`mldurable run PIPELINE`", cli.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not there", cli.Output, StringComparison.Ordinal);
        Assert.Equal(0, await cli.RunAsync(command, "--store", "nowhere"));
        Assert.Contains("nowhere, which is not there yet", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithNothingUnfinished_IsDone()
    {
        Assert.Equal(0, await cli.RunAsync("resume"));
        Assert.Contains("there is no unfinished run", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_FromTheEnvironment_IsUsed()
    {
        cli.Set("MLDURABLE_STORE", "elsewhere");
        Assert.Equal(0, await cli.RunAsync("runs"));
        Assert.Contains("elsewhere", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_ThatIsAFile_IsUsageError()
    {
        cli.Write("file", "");
        Assert.Equal(2, await cli.RunAsync("runs", "--store", "file"));
        Assert.StartsWith("error: ", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_OverAnExistingPipeline_IsAConflictUnlessForced()
    {
        cli.Write("pipeline.yaml", "mine");
        Assert.Equal(5, await cli.RunAsync("init", "--name", "churn"));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(cli.Directory, "pipeline.yaml")));
        Assert.Equal(0, await cli.RunAsync("init", "--name", "churn", "--force"));
        Assert.Contains("pipeline: churn", await File.ReadAllTextAsync(Path.Combine(cli.Directory, "pipeline.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_InADirectoryWithOtherFiles_IsAConflictAndTouchesNothing()
    {
        cli.Write("mine/file.txt", "mine");
        Assert.Equal(5, await cli.RunAsync("demo", "--dir", "mine"));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(cli.Directory, "mine", "file.txt")));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(cli.Directory, "mine")));
    }

    [Fact]
    public async Task UnforeseenException_NamesItsTypeAndHowToSeeMore()
    {
        var host = cli.Host() with { Environment = name => name == "MLDURABLE_STORE" ? throw new InvalidOperationException("no environment") : null };
        Assert.Equal(1, await CommandLine.RunAsync(["runs"], host, CancellationToken.None));
        Assert.Equal("error: InvalidOperationException: no environment (this should not happen; MLDURABLE_DEBUG=1 shows where)\n", cli.Error);
    }

    [Fact]
    public async Task Interrupted_BeforeARunStarted_ExitsWith130()
    {
        Assert.Equal(130, await CommandLine.RunAsync(["runs"], cli.Host(), new CancellationToken(canceled: true)));
        Assert.Contains("interrupted", cli.Error, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
