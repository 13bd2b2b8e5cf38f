using MlDurable.Bench.Server;

// `run` calls "measure", which starts this program twice more: as the product's server and as a bare endpoint.
switch (args)
{
    case ["product", var folder]:
        await ProductProcess.RunAsync(folder);
        break;
    case ["bare"]:
        await BareProcess.RunAsync();
        break;
    case ["measure", .. var rest]:
        var json = Array.IndexOf(rest, "--json");
        await Measurement.RunAsync(rest.Contains("--quick"), json < 0 ? null : rest[json + 1]);
        break;
    default:
        await Console.Error.WriteLineAsync("usage: bench/server/run [--json FILE] [--quick]");
        Environment.ExitCode = 2;
        break;
}
