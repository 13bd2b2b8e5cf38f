using System.Collections.Immutable;
using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Registry;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable models</c>.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("MODEL") { Description = "One model, with its versions and history. Default: all models.", Arity = ArgumentArity.ZeroOrOne };
        var command = new ToolCommand(
            "models",
            "Lists models, or the versions, aliases and history of one.",
            "mldurable models",
            "mldurable models bird-strike-damage --json");
        command.Arguments.Add(name);
        command.Run = call => ListAsync(call, call.Arguments.GetValue(name));
        return command;
    }

    private static async Task<int> ListAsync(CommandCall call, string? name)
    {
        var workspace = call.OpenWorkspace();
        var registry = new ModelRegistry(workspace.Store, call.Host.TimeProvider);
        if (name is not null)
        {
            if ((await registry.ReadAsync(name, call.CancellationToken)).Versions.IsEmpty)
            {
                // Says what there is instead.
                await registry.ResolveAsync(name, call.CancellationToken);
            }

            var document = await registry.ReadAsync(name, call.CancellationToken);
            call.Terminal.Json(new ModelsDocument([document]), CliJson.Default.ModelsDocument);
            WriteModel(call.Terminal, document);
            return ExitCodes.Done;
        }

        var models = ImmutableArray.CreateBuilder<RegistryDocument>();
        foreach (var model in await registry.ListModelsAsync(call.CancellationToken))
        {
            models.Add(await registry.ReadAsync(model, call.CancellationToken));
        }

        call.Terminal.Json(new ModelsDocument(models.ToImmutable()), CliJson.Default.ModelsDocument);
        WriteAll(call.Terminal, models, workspace.Place);
        return ExitCodes.Done;
    }

    private static void WriteAll(Terminal terminal, IReadOnlyCollection<RegistryDocument> models, string place)
    {
        if (models.Count == 0)
        {
            terminal.Line($"no models yet in {place}; `mldurable run PIPELINE` makes the first");
            return;
        }

        var table = new TextTable("model", "versions", "champion", "trainer", "metric", "value", "since");
        foreach (var model in models)
        {
            var champion = model.ChampionVersion is { } number ? model.Find(number) : null;
            table.Add(
                model.Model,
                $"{model.Versions.Length}",
                champion is null ? Text.None : $"{champion.Number}",
                champion?.Trainer ?? Text.None,
                champion?.Metric ?? Text.None,
                Text.Metric(champion?.Value),
                Text.Instant(model.History.LastOrDefault(change => change.Alias == RegistryDocument.Champion)?.At));
        }

        table.WriteTo(terminal);
    }

    public static void WriteModel(Terminal terminal, RegistryDocument model)
    {
        var versions = new TextTable("version", "aliases", "status", "trainer", "metric", "value", "run", "file");
        foreach (var version in model.Versions)
        {
            versions.Add(
                $"{version.Number}",
                string.Join(", ", model.Aliases.Where(alias => alias.Value == version.Number).Select(alias => alias.Key)),
                Text.Lower(version.Status),
                version.Trainer,
                version.Metric,
                Text.Metric(version.Value),
                version.RunId,
                Text.Hash(version.ModelHash));
        }

        terminal.Line(Tone.Heading, model.Model, "");
        versions.WriteTo(terminal, 2);
        if (model.History.IsEmpty)
        {
            return;
        }

        var history = new TextTable("at", "alias", "from", "to", "by", "reason");
        foreach (var change in model.History)
        {
            history.Add(Text.Instant(change.At), change.Alias, change.From?.ToString() ?? Text.None, $"{change.To}", change.By, change.Reason);
        }

        terminal.Line();
        history.WriteTo(terminal, 2);
    }
}
