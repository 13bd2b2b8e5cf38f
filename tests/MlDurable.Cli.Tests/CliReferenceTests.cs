namespace MlDurable.Cli.Tests;

public sealed class CliReferenceTests
{
    /// <summary>Set to 1, the test writes the document instead of judging it.</summary>
    private const string UpdateVariable = "MLDURABLE_UPDATE_DOCS";

    [Fact]
    public async Task Document_IsWhatTheCommandsSay()
    {
        var file = Repository.PathOf("docs", "cli.md");
        var text = await File.ReadAllTextAsync(file);
        var cut = text.IndexOf(CliReference.Start, StringComparison.Ordinal) + CliReference.Start.Length + 1;
        var expected = text[..cut] + CliReference.Write(CommandLine.Root(out _, out _, out _));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(file, expected);
        }

        Assert.True(expected == await File.ReadAllTextAsync(file), $"docs/cli.md is not what the commands say; {UpdateVariable}=1 in front of this test writes it");
    }
}
