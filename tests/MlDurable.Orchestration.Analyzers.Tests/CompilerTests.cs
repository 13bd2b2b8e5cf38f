using System.Diagnostics;

namespace MlDurable.Orchestration.Analyzers.Tests;

public sealed class CompilerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mldurable-analyzer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Wrong", "Identity.cs", "error MLD002")]
    [InlineData("Right", "DurableOperations.cs", null)]
    public async Task Build_OfAProjectWithTheAnalyzer_RefusesTheWrongProgramAlone(string kind, string program, string? error)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "Flow.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <Using Include="MlDurable.Orchestration" />
                <Reference Include="{typeof(OrchestrationContext).Assembly.Location}" />
                <Analyzer Include="{typeof(DeterminismAnalyzer).Assembly.Location}" />
              </ItemGroup>
            </Project>
            """);
        File.Copy(Repository.PathOf("tests", "MlDurable.Orchestration.Analyzers.Tests", kind, program), Path.Combine(_folder, program));

        var (code, output) = await BuildAsync();

        Assert.Equal(error is null, code == 0);
        Assert.Contains(error ?? "Build succeeded", output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> BuildAsync()
    {
        var start = new ProcessStartInfo("dotnet", ["build", "-nologo", "-tl:off", "-nodeReuse:false", "-p:UseSharedCompilation=false"])
        {
            WorkingDirectory = _folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var build = Process.Start(start)!;
        var output = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        return (build.ExitCode, output);
    }
}
