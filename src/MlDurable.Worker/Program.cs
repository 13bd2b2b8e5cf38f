using System.CommandLine;
using Microsoft.Extensions.Logging;
using MlDurable.Worker;

var store = new Option<string>("--store") { Description = "The workspace, as `mldurable --store` takes it.", Required = true };
var scheduler = new Option<string>("--scheduler") { Description = "The task hub: a connection string of the Durable Task Scheduler.", Required = true };
var listen = new Option<Uri>("--listen") { Description = "Where to listen.", DefaultValueFactory = _ => new("http://127.0.0.1:8080") };
var command = new RootCommand("Serves the API of a workspace and carries its runs out, together with the other workers of a task hub.") { store, scheduler, listen };
command.SetAction(async (arguments, cancellationToken) =>
{
    await using var host = await WorkerHost.BuildAsync(
        arguments.GetRequiredValue(store), arguments.GetRequiredValue(scheduler), arguments.GetRequiredValue(listen),
        logging => logging.AddSimpleConsole(), cancellationToken);
    await host.StartAsync(cancellationToken);
    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    await host.StopAsync();
    return 0;
});
return await command.Parse(args).InvokeAsync();
