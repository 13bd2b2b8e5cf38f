using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Orchestration.Embedded.Tests;

// The process that the tests start and kill: it opens the workspace, says what happens, and does not end by itself.
var (directory, isDoomed) = (args[0], args[1] == "doomed");
var catalog = isDoomed ? ChildProcess.DoomedCatalog(directory) : ChildProcess.Catalog(directory);
var engine = await EmbeddedEngine.OpenAsync(catalog, new() { Directory = directory });
await using var server = ControlServer.Start(
    directory, (request, _) => Task.FromResult(new ControlResponse(true, $"\"{request.Command}\"", null, null)));
await engine.Client.StartAsync(ChildProcess.Main, isDoomed ? "doomed" : "", new() { InstanceId = "i" });
if (isDoomed)
{
    while (await engine.Client.GetAsync("i") is { QuarantinedSteps.Count: 0 })
    {
        await Task.Yield();
    }

    await engine.Client.StartAsync(ChildProcess.Main, "sound", new() { InstanceId = "j" });
    await engine.Client.WaitForCompletionAsync("j");
    Console.WriteLine("idle");
}

await Task.Delay(Timeout.Infinite);
