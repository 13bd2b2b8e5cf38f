using System.CommandLine;
using MlDurable.Cli.Serving;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable keys</c>.</summary>
internal static class KeysCommand
{
    private const string List = "list";
    private const string Make = "create";
    private const string Revoke = "revoke";

    public static Command Create()
    {
        var action = new Argument<string>("ACTION") { Description = "list, create or revoke." };
        action.AcceptOnlyFromAmong(List, Make, Revoke);
        var name = new Argument<string?>("NAME") { Description = "Whose key, for create and revoke.", Arity = ArgumentArity.ZeroOrOne };
        var role = new Option<string?>("--role") { Description = "What the key may do, for create: viewer, operator, approver or admin.", HelpName = "ROLE" };
        role.AcceptOnlyFromAmong("viewer", "operator", "approver", "admin");
        var keys = new Option<string?>("--keys") { Description = "A file with the keys. Default: the keys in the workspace.", HelpName = "FILE" };
        var command = new ToolCommand(
            "keys",
            "Lists, makes and revokes the keys of the HTTP API. A key is shown once, when it is made; only its hash is kept.",
            "mldurable keys create ada --role admin",
            "mldurable keys list",
            "mldurable keys revoke ada");
        command.Arguments.Add(action);
        command.Arguments.Add(name);
        command.Options.Add(role);
        command.Options.Add(keys);
        command.Run = call =>
        {
            var file = call.Arguments.GetValue(keys);
            var whose = call.Arguments.GetValue(name);
            return call.Arguments.GetRequiredValue(action) switch
            {
                List when whose is null => KeysProcedure.ListAsync(call, file),
                Make when whose is not null && call.Arguments.GetValue(role) is { } given => KeysProcedure.CreateAsync(call, file, whose, given),
                Revoke when whose is not null => KeysProcedure.RevokeAsync(call, file, whose),
                Make => throw new CliException(CliErrorCodes.Usage, "keys create takes NAME and --role ROLE"),
                Revoke => throw new CliException(CliErrorCodes.Usage, "keys revoke takes NAME"),
                _ => throw new CliException(CliErrorCodes.Usage, "keys list takes no NAME"),
            };
        };
        return command;
    }
}
