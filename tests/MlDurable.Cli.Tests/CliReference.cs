using System.CommandLine;
using System.Text;

namespace MlDurable.Cli.Tests;

/// <summary>The part of docs/cli.md that is made from the commands themselves.</summary>
internal static class CliReference
{
    public const string Start = "<!-- commands: written by the test CliReferenceTests, do not edit below -->";

    public static string Write(RootCommand root)
    {
        var text = new StringBuilder();
        foreach (var command in root.Subcommands.Cast<ToolCommand>())
        {
            text.Append($"\n## mldurable {command.Name}\n\n{command.Description}\n\n    mldurable {command.Name}");
            foreach (var argument in command.Arguments)
            {
                text.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" {argument.Name}");
            }

            foreach (var option in command.Options.Where(option => option.Required))
            {
                text.Append($" {option.Name} {option.HelpName}");
            }

            text.Append(command.Options.Any(option => !option.Required && !option.Recursive && option is not System.CommandLine.Help.HelpOption) ? " [options]\n\n" : "\n\n");
            WriteTable(text, command);
            text.Append("```sh\n").AppendJoin('\n', command.Examples).Append("\n```\n");
        }

        return text.ToString();
    }

    private static void WriteTable(StringBuilder text, ToolCommand command)
    {
        var rows = command.Arguments.Select(argument => ($"`{argument.Name}`", argument.Description))
            .Concat(command.Options
                .Where(option => !option.Recursive && option is not System.CommandLine.Help.HelpOption)
                .Select(option => ($"`{option.Name}{(option.HelpName is null ? "" : " " + option.HelpName)}`", option.Description)))
            .ToList();
        if (rows.Count == 0)
        {
            return;
        }

        text.Append("| | |\n|---|---|\n");
        foreach (var (name, description) in rows)
        {
            text.Append($"| {name.Replace("|", "\\|", StringComparison.Ordinal)} | {description} |\n");
        }

        text.Append('\n');
    }
}
