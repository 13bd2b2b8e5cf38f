using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using MlDurable.Cli.Commands;
using MlDurable.Cli.Output;
using MlDurable.Learning;

namespace MlDurable.Cli;

/// <summary>The command line of the tool: parsing, help, errors and exit codes.</summary>
internal static class CommandLine
{
    private static readonly string[] Outcomes =
    [
        "0    done; also when the best candidate is the champion already",
        "1    the run failed",
        "2    wrong usage, an invalid pipeline, or an input file that cannot be used",
        "3    refused by a gate, a quality check or an approval; some partitions could not be scored",
        "4    not found",
        "5    conflict: another process, run or decision is in the way",
        "130  interrupted; the same command continues",
    ];

    /// <summary>Parses and runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Host host, CancellationToken cancellationToken)
    {
        var root = Root(out var store, out var json, out var noColor);
        var parsed = root.Parse(args);
        var terminal = new Terminal(host, args.Contains("--json"), parsed.GetValue(noColor));
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction and not ToolHelp)
        {
            return Misused(parsed, terminal);
        }

        if (parsed.CommandResult.Command is not ToolCommand command || parsed.Action is SynchronousCommandLineAction)
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = host.Output, Error = host.Error, ProcessTerminationTimeout = null }, cancellationToken);
        }

        return await GuardAsync(command, new CommandCall(parsed, terminal, host, parsed.GetValue(store), cancellationToken));
    }

    /// <summary>The tool's commands, for the parser, the help and the tests.</summary>
    internal static RootCommand Root(out Option<string?> store, out Option<bool> json, out Option<bool> noColor)
    {
        store = GlobalOptions.Store();
        json = GlobalOptions.Json();
        noColor = GlobalOptions.NoColor();
        var root = new RootCommand("Keeps machine-learning models fresh: validates data, trains candidates side by side, and promotes only what is better.")
        {
            DemoCommand.Create(),
            InitCommand.Create(),
            ValidateCommand.Create(),
            PlanCommand.Create(),
            RunCommand.Create(),
            ResumeCommand.Create(),
            CancelCommand.Create(),
            RewindCommand.Create(),
            RestartCommand.Create(),
            StepCommands.CreateRetry(),
            StepCommands.CreateSkip(),
            PurgeCommand.Create(),
            HistoryCommand.Create(),
            DoctorCommand.Create(),
            ApprovalsCommand.Create(),
            AnswerCommands.CreateApprove(),
            AnswerCommands.CreateReject(),
            RunsCommand.Create(),
            BackfillCommand.Create(),
            BackfillsCommand.Create(),
            ShowCommand.Create(),
            CompareCommand.Create(),
            ModelsCommand.Create(),
            PromoteCommand.Create(),
            RollbackCommand.Create(),
            PredictCommand.Create(),
            ExportCommand.Create(),
            ReproduceCommand.Create(),
            DeployCommand.Create(),
            UndeployCommand.Create(),
            SchedulesCommand.Create(),
            PauseCommand.CreatePause(),
            PauseCommand.CreateUnpause(),
            ServeCommand.Create(),
            KeysCommand.Create(),
        };
        root.Options.Add(store);
        root.Options.Add(json);
        root.Options.Add(noColor);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ToolHelp((HelpAction)help.Action!);

        // Without a command there is nothing to do but to say what there is.
        root.SetAction(result => help.Action is ToolHelp action ? action.Invoke(result) : ExitCodes.Usage);
        foreach (var command in root.Subcommands)
        {
            // What runs is ToolCommand.Run; the parser only needs to know that the command stands alone.
            command.SetAction((_, _) => Task.FromResult(ExitCodes.Done));
        }

        return root;
    }

    private static int Misused(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var known = command.Subcommands.Select(subcommand => subcommand.Name)
            .Concat(command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive))).Select(option => option.Name))
            .ToList();
        var messages = parsed.UnmatchedTokens
            .Select(token => $"there is no {(token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "such argument:")} '{token}'.{NearestName.Hint(token, known.Where(name => name.StartsWith('-') == token.StartsWith('-')))}")
            .Concat(parsed.Errors.Where(error => !parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))).Select(error => error.Message));
        terminal.Error(CliErrorCodes.Usage, string.Join(" ", messages));
        RemarkHelp(command, terminal);
        return ExitCodes.Usage;
    }

    private static void RemarkHelp(Command command, Terminal terminal) =>
        terminal.Remark($"`mldurable {(command is RootCommand ? "" : command.Name + " ")}--help` shows what there is.");

    private static async Task<int> GuardAsync(ToolCommand command, CommandCall call)
    {
        try
        {
            return await command.Run(call);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            call.Terminal.Error("interrupted", "interrupted; the same command starts again");
            return ExitCodes.Interrupted;
        }
        catch (Exception exception)
        {
            var code = ExitCodes.CodeOf(exception);
            call.Terminal.Error(new ErrorBody(
                code ?? "unexpected",
                code is null
                    ? $"{exception.GetType().Name}: {exception.Message} (this should not happen; {GlobalOptions.DebugVariable}=1 shows where)"
                    : exception.Message)
            {
                Problems = (exception as InvalidPipelineException)?.Problems,
            });
            if (code == CliErrorCodes.Usage)
            {
                RemarkHelp(command, call.Terminal);
            }

            if (call.Host.Environment(GlobalOptions.DebugVariable) == "1")
            {
                await call.Host.Error.WriteLineAsync(exception.ToString());
            }

            return ExitCodes.OfError(code);
        }
    }

    /// <summary>The parser's help, followed by examples or exit codes.</summary>
    private sealed class ToolHelp(HelpAction standard) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            standard.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            var (heading, lines) = parseResult.CommandResult.Command is ToolCommand command ? ("Examples:", command.Examples) : ("Exit codes:", Outcomes);
            output.WriteLine(heading);
            foreach (var line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
            return ExitCodes.Done;
        }
    }
}
