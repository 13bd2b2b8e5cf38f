using MlDurable.Cli.Output;

namespace MlDurable.Cli.Tests;

public sealed class ProgressOutputTests : IDisposable
{
    private readonly CliHost cli = new();

    [Theory]
    [InlineData(false, "training …\n")]
    [InlineData(true, "")]
    public async Task Share_WithoutATerminal_IsOneLineOrNothing(bool json, string expected)
    {
        var result = await ProgressOutput.ShareAsync(
            new Terminal(cli.Host(), json, noColor: false), "training", progress => Task.FromResult(progress is null ? 1 : 2));
        Assert.Equal(1, result);
        Assert.Equal(expected, cli.Output);
        Assert.Empty(cli.Error);
    }

    [Fact]
    public async Task Share_OnATerminal_IsABarInsteadOfALine()
    {
        var told = await ProgressOutput.ShareAsync(new Terminal(cli.Host(terminal: true), json: false, noColor: true), "training [it]", progress =>
        {
            progress?.Report(0.5);
            return Task.FromResult(progress is not null);
        });
        Assert.True(told);
        Assert.DoesNotContain("training [it] …", cli.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Count_WithoutATerminal_IsNothing(bool json)
    {
        var terminal = new Terminal(cli.Host(), json, noColor: false);
        Assert.True(await ProgressOutput.CountAsync(terminal, "row", "scored", progress => Task.FromResult(progress is null)));
        Assert.Empty(cli.Output + cli.Error);
    }

    [Fact]
    public async Task Count_OnATerminal_ReportsToTheDisplay()
    {
        var terminal = new Terminal(cli.Host(terminal: true), json: false, noColor: true);
        var count = await ProgressOutput.CountAsync(terminal, "row", "scored", progress =>
        {
            progress!.Report(1_234);
            return Task.FromResult(1_234);
        });
        Assert.Equal(1_234, count);
        Assert.Contains("scored", cli.Output, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
