using MlDurable.Orchestration.Embedded;
using MlDurable.Orchestration.Embedded.Tests;

// The process that the tests start and kill: it opens the workspace, says what happens, and never ends by itself.
var engine = await EmbeddedEngine.OpenAsync(ChildProcess.Catalog(args[0]), new() { Directory = args[0] });
await using var server = ControlServer.Start(
    args[0], (request, _) => Task.FromResult(new ControlResponse(true, $"\"{request.Command}\"", null, null)));
await engine.Client.StartAsync(ChildProcess.Main, "", new() { InstanceId = "i" });
await Task.Delay(Timeout.Infinite);
