using MlDurable.Pipelines.Registry;

namespace MlDurable.Cli.Output;

/// <summary>What <c>promote</c> and <c>rollback</c> write.</summary>
internal static class ChampionOutput
{
    public static void Write(Terminal terminal, ChampionChange change)
    {
        terminal.Line(change.Changed
            ? $"the champion of {change.Model} is version {change.To} now (before: {Text.Version(change.From)})"
            : $"version {change.To} is the champion of {change.Model} already");
        terminal.Json(change, CliJson.Default.ChampionChange);
    }
}
