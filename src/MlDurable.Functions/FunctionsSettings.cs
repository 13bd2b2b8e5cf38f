using Microsoft.Extensions.Configuration;

namespace MlDurable.Functions;

/// <summary>What the app is told by its settings; everything else is in <c>host.json</c>.</summary>
/// <param name="Store">The workspace, as <c>--store</c> takes it.</param>
/// <param name="TaskHub">The task hub, which names the engine in run records.</param>
internal sealed record FunctionsSettings(string Store, string TaskHub)
{
    public static FunctionsSettings Read(IConfiguration configuration)
    {
        return new(Required("MLDURABLE_STORE"), Required("TASKHUB_NAME"));

        string Required(string name) => configuration[name] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"setting-missing: the app needs the setting {name}; docs/azure.md lists them, and local.settings.sample.json has all for a local run.");
    }
}
