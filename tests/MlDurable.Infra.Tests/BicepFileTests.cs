namespace MlDurable.Infra.Tests;

/// <summary>Every Bicep file compiles against the types of the resources, without a warning, and is formatted.</summary>
public sealed class BicepFileTests
{
    [Fact]
    public async Task Build_EveryFile_HasNoErrorAndNoWarning()
    {
        using var copy = new InfraCopy();

        var result = await Bicep.RunAsync("build", "--pattern", copy.PathOf("infra/**/*.bicep"), "--outdir", copy.PathOf("built"));

        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.All(RepositoryFiles.Below("infra", "*.bicep"), file =>
            Assert.True(File.Exists(copy.PathOf(Path.ChangeExtension(file.Replace("infra/", "built/", StringComparison.Ordinal), ".json"))), file));
    }

    [Fact]
    public async Task Format_EveryFile_ChangesNothing()
    {
        using var copy = new InfraCopy();

        foreach (var pattern in new[] { "infra/**/*.bicep", "infra/*.bicepparam" })
        {
            var result = await Bicep.RunAsync("format", "--pattern", copy.PathOf(pattern), "--newline-kind", "LF", "--insert-final-newline");
            Assert.Equal("", result.Error);
        }

        Assert.All(RepositoryFiles.Below("infra", "*.bicep*"), file => Assert.Equal(Repository.Read(file), File.ReadAllText(copy.PathOf(file))));
    }

    [Fact]
    public async Task Build_UnknownPropertyOfAResource_IsRefused()
    {
        using var copy = new InfraCopy();
        var file = copy.PathOf("infra/modules/key-vault.bicep");
        var source = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, source.Replace("enableSoftDelete", "enableSoftDeletion", StringComparison.Ordinal));

        var result = await Bicep.RunAsync("build", "--stdout", file);

        Assert.Contains("enableSoftDeletion", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_OfTheLinter_AreAllErrors()
    {
        var config = System.Text.Json.JsonElement.Parse(Repository.Read("infra/bicepconfig.json"));

        Assert.All(config.At("analyzers.core.rules").EnumerateObject(), rule => Assert.Equal("error", rule.Value.Text("level")));
    }
}
