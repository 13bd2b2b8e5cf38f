using System.Diagnostics;
using System.Reflection;

namespace MlDurable.EndToEnd.Tests;

/// <summary>Packs what was built into a folder feed and uses it from there, as someone else does.</summary>
public sealed class PackageTests : IDisposable
{
    /// <summary>The build that is packed: the folder above that of the framework.</summary>
    private static readonly string s_configuration = Directory.GetParent(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))!.Name;

    private static readonly string? s_fullPackageFeed = typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static metadata => metadata.Key == "FullPackageFeed").Value;

    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Tool_PackedAndInstalled_KnowsItsVersionValidatesAPipelineAndHasTheDemosData()
    {
        await PackAsync("MlDurable.Cli");
        await DotnetAsync("tool", "install", "MlDurable.Tool", "--tool-path", directory.At("tools"), "--source", directory.At("feed"));

        var tool = directory.At("tools", OperatingSystem.IsWindows() ? "mldurable.exe" : "mldurable");
        Assert.StartsWith("0.1.0", (await RunAsync(tool, "--version")).Trim(), StringComparison.Ordinal);
        await RunAsync(tool, "validate", "pipeline.yaml");
        Assert.Single(Directory.EnumerateFiles(directory.At("tools"), Path.GetFileName(BirdStrikes.File(1990)), SearchOption.AllDirectories));
    }

    /// <summary>Packages without System.IO.Hashing among their dependencies, which not every feed has.</summary>
    [Fact]
    public async Task Libraries_PackedAndReferencedByAConsole_AreCompiledAgainstAndRun()
    {
        await PackAsync("MlDurable.Orchestration");
        await PackAsync("MlDurable.Learning");
        directory.Write("consumer/Consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <RestoreAdditionalProjectSources>{directory.At("feed")}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="MlDurable.Learning" Version="0.1.0" />
                <PackageReference Include="MlDurable.Orchestration" Version="0.1.0" />
              </ItemGroup>
            </Project>
            """);
        directory.Write("consumer/Program.cs", """
            using System;
            using System.Linq;
            Console.WriteLine(typeof(MlDurable.Orchestration.RetryPolicy).Assembly.GetName().Name);
            Console.WriteLine(string.Join(' ', MlDurable.Learning.Training.Trainers.All.Select(trainer => trainer.Name)));
            """);

        await DotnetAsync("build", "consumer", "--output", directory.At("built"), "--verbosity", "quiet", "-nologo", "-tl:off");
        Assert.Equal(
            ["MlDurable.Orchestration", "baseline elastic-net extra-trees gradient-boosting logistic-regression naive-bayes random-forest ridge"],
            (await DotnetAsync(directory.At("built", "Consumer.dll"))).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    private Task<string> PackAsync(string project) => DotnetAsync(
        "pack", Repository.PathOf("src", project), "--no-build", "--configuration", s_configuration, "--output", directory.At("feed"),
        $"-p:FullPackageFeed={s_fullPackageFeed}", "-nologo", "-tl:off");

    private Task<string> DotnetAsync(params string[] args) => RunAsync("dotnet", args);

    private async Task<string> RunAsync(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            UseShellExecute = false,
            WorkingDirectory = directory.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment.Remove("MLDURABLE_STORE");
        // An older build of the same version may be in the user's folder of packages.
        if (args[0] == "build")
        {
            start.Environment["NUGET_PACKAGES"] = directory.At("packages");
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', args)}: exit code {process.ExitCode}\n{output}\n{await error}");
        return output;
    }
}
