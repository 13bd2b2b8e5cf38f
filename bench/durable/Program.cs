using System.Globalization;
using MlDurable.Bench.Durable;

// `run` calls "measure", which starts this program again for what needs a process of its own.
switch (args)
{
    case ["open", var journal]:
        await using (await Measurements.OpenAsync(new Workloads(), journal))
        {
            var ready = DateTime.Now - System.Diagnostics.Process.GetCurrentProcess().StartTime;
            Console.WriteLine(ready.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        }

        return 0;
    case ["w3-start", var journal]:
        await PeerWorkloads.StartAsync(journal);
        return 0;
    case ["w3-finish", var journal]:
        await PeerWorkloads.FinishAsync(journal);
        return 0;
    case ["serve", var journal]:
        await PeerServer.ServeAsync(journal);
        return 0;
    case ["measure", .. var rest]:
        var names = rest.ToList();
        if (names.LastOrDefault() is "--json" or "--peers")
        {
            return await UsageAsync();
        }

        var json = Take(names, "--json");
        var figures = new PeerFigures(Take(names, "--peers"));
        var quick = names.Remove("--quick");
        var report = new Report(quick ? 1 : 3);
        using (var engine = new Measurements(quick, report))
        using (var peers = new PeerWorkloads(quick, report, figures))
        {
            (string Name, Func<Task> Measure)[] all =
            [
                ("chain", engine.ChainAsync), ("many", engine.ManyAsync), ("fan-out", engine.FanOutAsync), ("replay", engine.ReplayAsync),
                ("eternal", engine.EternalAsync), ("opening", engine.OpeningAsync), ("w1", peers.W1Async), ("w2", peers.W2Async), ("w3", peers.W3Async),
                ("w1-http", peers.W1OverHttpAsync), ("w2-http", peers.W2OverHttpAsync), ("w3-http", peers.W3OverHttpAsync),
            ];
            foreach (var (name, measure) in all.Where(one => names.Count == 0 || names.Contains(one.Name)))
            {
                Console.WriteLine($"{name} (load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]})");
                await measure();
            }
        }

        Console.WriteLine();
        report.Finish(json);
        return 0;
    default:
        return await UsageAsync();
}

static async Task<int> UsageAsync()
{
    await Console.Error.WriteLineAsync("usage: bench/durable/run [--json FILE] [--peers FOLDER] [--quick] [NAME…]");
    return 2;
}

static string? Take(List<string> arguments, string option)
{
    var at = arguments.IndexOf(option);
    if (at < 0)
    {
        return null;
    }

    var value = arguments[at + 1];
    arguments.RemoveRange(at, 2);
    return value;
}
