using System.CommandLine;
using MlDurable.Cli.Output;

namespace MlDurable.Cli;

/// <summary>A command with examples for its help and one way to run.</summary>
internal sealed class ToolCommand : Command
{
    public ToolCommand(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Whole command lines, each followed by what it does after <c>#</c>.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>What the command does; set once, when the command is made.</summary>
    public Func<CommandCall, Task<int>> Run { get; set; } = _ => throw new InvalidOperationException("The command has no action.");
}

/// <summary>One call of a command.</summary>
/// <param name="Arguments">What was parsed.</param>
/// <param name="Terminal">Where results go.</param>
/// <param name="Host">What the command runs in.</param>
/// <param name="Store">The value of <c>--store</c>; null when it is not given.</param>
/// <param name="CancellationToken">Cancelled by Ctrl-C and SIGTERM.</param>
internal sealed record CommandCall(ParseResult Arguments, Terminal Terminal, Host Host, string? Store, CancellationToken CancellationToken)
{
    /// <summary>The workspace of a command that takes a pipeline file (it lies beside the file) or none (in the current directory).</summary>
    public Workspace OpenWorkspace(string? pipelineFile = null) =>
        Workspace.Open(Store ?? Host.DefaultStore, Host.HomeOf(pipelineFile), Host);
}
