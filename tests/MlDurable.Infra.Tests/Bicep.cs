using System.Collections.Immutable;
using System.Reflection;

namespace MlDurable.Infra.Tests;

/// <summary>The Bicep compiler: from its package where there is one for this machine, otherwise from the PATH, in the same version.</summary>
internal static class Bicep
{
    private static readonly Lazy<Task<string>> s_program = new(FindAsync);

    public static async Task<CommandResult> RunAsync(params string[] arguments) =>
        await RunAsync(ImmutableDictionary<string, string>.Empty, arguments);

    public static async Task<CommandResult> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        await CommandResult.RunAsync(await s_program.Value, arguments, environment);

    private static async Task<string> FindAsync()
    {
        var metadata = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(item => item.Key, item => item.Value);
        var version = metadata["BicepVersion"]!;
        if (metadata.TryGetValue("BicepTools", out var folder))
        {
            var program = Path.Combine(folder!, OperatingSystem.IsWindows() ? "bicep.exe" : "bicep");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute);
            }

            return program;
        }

        var found = await CommandResult.RunAsync("bicep", ["--version"], ImmutableDictionary<string, string>.Empty);
        Assert.True(
            found.Output.Contains(version, StringComparison.Ordinal),
            $"Put bicep {version} on the PATH: https://github.com/Azure/bicep/releases. Found: {found.Output}");
        return "bicep";
    }
}
