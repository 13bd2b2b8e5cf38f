using System.CommandLine;
using MlDurable.Cli.Serving;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable serve</c>.</summary>
internal static class ServeCommand
{
    private const string DefaultAddress = "http://127.0.0.1:8080";

    public static Command Create()
    {
        var pipelines = new Argument<string[]>("PIPELINE") { Description = "Pipeline files to deploy at the start; what is deployed stays deployed.", Arity = ArgumentArity.ZeroOrMore };
        var listen = new Option<string>("--listen")
        {
            Description = "Where to listen: http://ADDRESS:PORT, port 0 for a free one. An address that other machines reach needs keys. Default: http://127.0.0.1:8080.",
            HelpName = "URL",
            DefaultValueFactory = _ => DefaultAddress,
        };
        var keys = new Option<string?>("--keys") { Description = "A file with the keys. Default: the keys in the workspace.", HelpName = "FILE" };
        var publicUrl = new Option<string?>("--public-url")
        {
            Description = "Where people reach this server: the beginning of one-time links to approve, which need --link-key too. Default: no links.",
            HelpName = "URL",
        };
        var linkKey = new Option<string?>("--link-key") { Description = "A file with the secret that links are signed with: at least 32 random characters.", HelpName = "FILE" };
        var command = new ToolCommand(
            "serve",
            "Serves the HTTP API of a workspace and carries its runs out, until it is stopped. Everything is resumable.",
            "mldurable serve pipeline.yaml                                # on this machine only, without a key",
            "mldurable serve pipeline.yaml --listen http://0.0.0.0:8080   # for other machines, after `mldurable keys create`");
        command.Arguments.Add(pipelines);
        command.Options.Add(listen);
        command.Options.Add(keys);
        command.Options.Add(publicUrl);
        command.Options.Add(linkKey);

        // The web framework is loaded only here: other commands start as fast as without it.
        command.Run = call => ServeProcedure.RunAsync(
            call,
            call.Arguments.GetValue(pipelines) ?? [],
            call.Arguments.GetRequiredValue(listen),
            call.Arguments.GetValue(keys),
            call.Arguments.GetValue(publicUrl),
            call.Arguments.GetValue(linkKey));
        return command;
    }
}
