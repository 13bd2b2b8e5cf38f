using System.CommandLine;
using Microsoft.Extensions.Logging;
using MlDurable.Pipelines.Approvals;
using MlDurable.Server;
using MlDurable.Storage;
using MlDurable.Worker;

var store = new Option<string>("--store") { Description = "The workspace, as `mldurable --store` takes it.", Required = true };
var scheduler = new Option<string>("--scheduler") { Description = "The task hub: a connection string of the Durable Task Scheduler.", Required = true };
var listen = new Option<Uri>("--listen")
{
    Description = "Where to listen: http://ADDRESS:PORT. An address that other machines reach needs keys in the store.",
    DefaultValueFactory = _ => new("http://127.0.0.1:8080"),
    CustomParser = result =>
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address))
        {
            return address;
        }

        result.AddError($"--listen takes http://ADDRESS:PORT, not '{result.Tokens[0].Value}'");
        return null;
    },
};
var publicUrl = new Option<string?>("--public-url") { Description = "Where people reach the workers: the beginning of one-time links to approve, which need --link-key too. Default: no links." };
var linkKey = new Option<FileInfo>("--link-key") { Description = "A file with the secret that links are signed with, the same for all workers: at least 32 random characters." };
linkKey.AcceptExistingOnly();
var command = new RootCommand("Serves the API of a workspace and carries its runs out, together with the other workers of a task hub.")
{
    store, scheduler, listen, publicUrl, linkKey,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    try
    {
        return await RunAsync(arguments, cancellationToken);
    }
    catch (Exception exception) when (exception is InvalidOperationException or FormatException or IOException or BlobStoreException or ServerException)
    {
        await Console.Error.WriteLineAsync($"error: {exception.Message}");
        return 1;
    }
});
return await command.Parse(args).InvokeAsync();

async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
{
    var secret = arguments.GetValue(linkKey) is { } file ? (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Trim() : null;
    await using var host = await WorkerHost.BuildAsync(
        arguments.GetRequiredValue(store),
        arguments.GetRequiredValue(scheduler),
        arguments.GetRequiredValue(listen),
        ApprovalOptions.OfLinks(secret, arguments.GetValue(publicUrl)),
        logging => logging.AddSimpleConsole(),
        cancellationToken);
    await host.StartAsync(cancellationToken);
    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    await host.StopAsync();
    return 0;
}
