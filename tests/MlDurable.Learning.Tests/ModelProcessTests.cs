namespace MlDurable.Learning.Tests;

/// <summary>The same request gives the same model on any number of processors and with any vectors, to the last bit.</summary>
[Trait("Speed", "Slow")]
public sealed class ModelProcessTests
{
    private static readonly Lazy<string[]> Here = new(() => [.. ModelProcess.Lines()]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Fit_OnAnyNumberOfProcessors_GivesTheSameModelsToTheLastBit(int processors)
    {
        var lines = await ModelProcess.RunAsync(("DOTNET_PROCESSOR_COUNT", $"{processors}"));

        Assert.StartsWith($"{processors} processors", lines[0], StringComparison.Ordinal);
        Assert.Equal(Here.Value[1..], lines[1..]);
    }

    [Theory]
    [InlineData("512 bits False", "DOTNET_EnableAVX512")]
    [InlineData("256 bits False", "DOTNET_EnableAVX2")]
    public async Task Fit_WithoutWideVectors_GivesTheSameModelsToTheLastBit(string machine, string variable)
    {
        var lines = await ModelProcess.RunAsync((variable, "0"));

        Assert.Contains(machine, lines[0], StringComparison.Ordinal);
        Assert.Equal(Here.Value[1..], lines[1..]);
    }
}
