using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Orchestration.Embedded.Tests;

// The process that the tests start and kill: it opens the workspace, says what happens, and does not end by itself.
var (directory, part) = (args[0], args[1]);
var catalog = part switch
{
    "doomed" => ChildProcess.DoomedCatalog(directory),
    "loaded" => ChildProcess.LoadedCatalog(directory),
    _ => ChildProcess.Catalog(directory),
};
var engine = await EmbeddedEngine.OpenAsync(catalog, new() { Directory = directory });
await using var server = ControlServer.Start(
    directory, (request, _) => Task.FromResult(new ControlResponse(true, $"\"{request.Command}\"", null, null)));
switch (part)
{
    case "doomed":
        await engine.Client.StartAsync(ChildProcess.Main, "doomed", new() { InstanceId = "i" });
        while (await engine.Client.GetAsync("i") is { QuarantinedSteps.Count: 0 })
        {
            await Task.Yield();
        }

        await engine.Client.StartAsync(ChildProcess.Main, "sound", new() { InstanceId = "j" });
        await engine.Client.WaitForCompletionAsync("j");
        Console.WriteLine("idle");
        break;
    case "loaded":
        await Task.WhenAll(Enumerable.Range(0, ChildProcess.Loaded).Select(async number =>
            await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(ChildProcess.Main, "", new() { InstanceId = $"{number}" }))));
        Console.WriteLine("ended");
        break;
    default:
        await engine.Client.StartAsync(ChildProcess.Main, "", new() { InstanceId = "i" });
        break;
}

await Task.Delay(Timeout.Infinite);
