using System.Collections.Immutable;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Demo;

/// <summary>The demo: real runs on real data, in the order in which it arrived. What each year yields is what the pipeline's rule says.</summary>
internal sealed class DemoStory(CommandCall call, DemoDirectory directory)
{
    private static readonly ImmutableArray<int> FirstYears = [.. Enumerable.Range(1990, 9)];

    private readonly Terminal terminal = call.Terminal;
    private readonly Workspace workspace = Workspace.Open(Path.Combine(directory.Root, ".mldurable"), directory.Root, call.Host);
    private readonly PipelineSource pipeline = PipelineSources.Read(
        directory.Pipeline, ImmutableSortedDictionary<string, string>.Empty, call.Host, out _);

    private int act;

    /// <summary>Tells the whole story.</summary>
    public async Task<DemoDocument> TellAsync()
    {
        var started = call.Host.TimeProvider.GetTimestamp();
        var firstData = FirstYears.Select(directory.Arrival).ToList();
        var first = await ArriveAsync("1990–1998 arrive: candidates are trained side by side", firstData);
        var second = await ArriveAsync("1999 arrives: only the new year is validated and featurized", [directory.Arrival(1999)]);
        var third = await ArriveAsync("2000 arrives", [directory.Arrival(2000)]);

        await DamagedCopy.WriteAsync(directory.Arrival(2001), directory.DamagedArrival(2001), call.CancellationToken);
        var fourth = await ArriveAsync(
            "2001 arrives damaged: shifted columns, impossible speeds, a flood of unknown species", [directory.DamagedArrival(2001)]);
        await QualityOutput.WriteBrokenAsync(terminal, new RunStore(workspace.Store), fourth.Run, call.CancellationToken);

        Headline("the process is killed in the middle of training, and the same command resumes");
        var kill = await new KillAndResume(call, directory, workspace).RunAsync(first.Run, firstData);
        WriteKill(kill);

        var registry = await new ModelRegistry(workspace.Store, call.Host.TimeProvider).ReadAsync(pipeline.Definition.Promote.Model, call.CancellationToken);
        var report = await WriteEndAsync(registry, fourth.Run);
        return new DemoDocument(
            directory.Root, [first, second, third, fourth], kill, registry, report, call.Host.TimeProvider.GetElapsedTime(started).TotalSeconds);
    }

    private void Headline(string text)
    {
        act++;
        terminal.Line();
        terminal.Line(Tone.Heading, $"{act}. {text}", "");
    }

    private async Task<DemoAct> ArriveAsync(string headline, IReadOnlyList<string> files)
    {
        Headline(headline);
        var started = call.Host.TimeProvider.GetTimestamp();
        var run = await RunProcedure.RunAsync(
            workspace, pipeline, RunStage.All, null, files, Identity.Current, _ => { }, _ => { }, WatchAsync, call.CancellationToken);
        var seconds = call.Host.TimeProvider.GetElapsedTime(started).TotalSeconds;
        if (run.Status != RunStatus.Completed)
        {
            throw new CliException("demo-run-failed", $"the run failed in step {run.Failure?.Step}: {run.Failure?.Message}");
        }

        var work = run.Work!;
        terminal.Line($"   {Text.Counted(work.Partitions, "partition")}: {work.Validated} validated, {work.Featurized} featurized, the rest reused; "
            + $"{Text.Counted(work.Trained, "candidate")} trained; {seconds:0.0} s");
        RunReport.WriteVerdict(terminal, run, indent: 3);
        return new DemoAct(headline, ExitCodes.OfRun(run), run, seconds);
    }

    private Task<RunRecord> WatchAsync(RunSession session, RunStarted run) =>
        QuietRunView.ShowAsync(terminal, view => session.WatchAsync(run.RunId, run.Continued, view, call.CancellationToken));

    private void WriteKill(DemoKill kill)
    {
        terminal.Line($"   killed (SIGKILL) with {Text.Counted(kill.FinishedBefore.Length, "candidate")} finished and {kill.InFlight.Length} half done");
        terminal.Line($"   resumed: {Text.Counted(kill.StartedAfter.Length, "candidate")} trained, {Text.Counted(kill.Repeated.Length, "finished one")} repeated");
        terminal.Line(
            kill.Holds ? Tone.Good : Tone.Bad,
            kill.Holds ? "   equal, bit for bit" : "   not equal",
            $": model file {Text.Hash(kill.ResumedModelHash)} (undisturbed: {Text.Hash(kill.ModelHash)}), "
            + $"evidence, verdict and predictions {(kill.SameEvaluation ? "the same bytes" : "differ")}");
    }

    /// <summary>The champion, how it was chosen, and what to do next.</summary>
    /// <returns>Where the report of the champion's run lies.</returns>
    private async Task<string> WriteEndAsync(RegistryDocument registry, RunRecord last)
    {
        var champion = registry.Find(registry.ChampionVersion ?? 0)
            ?? throw new CliException("demo-without-champion", $"no candidate became the champion: {last.Summary}");
        var runs = new RunStore(workspace.Store);
        var run = await runs.GetAsync(champion.RunId, call.CancellationToken);
        var evaluation = (await runs.EvaluationAsync(champion.RunId, call.CancellationToken))!;
        var manifest = (await runs.ManifestAsync(champion.RunId, call.CancellationToken))!;
        var report = workspace.Locate(RunStore.FileName(champion.RunId, RunStore.ReportFile));

        terminal.Line();
        terminal.Line(Tone.Heading, $"champion: {registry.Model} version {champion.Number}", $", {champion.Trainer}, from run {champion.RunId}");
        terminal.Line($"  trained on {Text.Counted(manifest.Dataset.Split.TrainingRows, "row")} of {manifest.Dataset.Partitions[0].Name} … {manifest.Dataset.Partitions[^1].Name}");
        RunReport.WriteLeaderboard(terminal, run, evaluation.Primary);
        RunReport.WriteMetrics(terminal, evaluation);
        terminal.Line();
        terminal.Line($"report: {report}");
        terminal.Line();
        terminal.Line("what to try next:");
        foreach (var command in Next(directory, workspace, call.Host, registry.Model, champion.RunId))
        {
            terminal.Line($"  {command}");
        }

        return report;
    }

    /// <summary>Commands that go on from where the demo ends, to be copied into a shell in the current directory.</summary>
    internal static IEnumerable<string> Next(DemoDirectory directory, Workspace workspace, Host host, string model, string runId)
    {
        var store = workspace.StoreOption();
        yield return $"mldurable run {Here(directory.Pipeline)} --data {Here(directory.Arrival(2001))}{workspace.StoreOption(directory.Pipeline)}   # the sound 2001";
        yield return $"mldurable models {model}{store}";
        yield return $"mldurable predict {model} --input {Here(directory.Arrival(2002))}{store}";
        yield return $"mldurable reproduce {runId}{store}";

        string Here(string path) => Shell.Quote(Path.GetRelativePath(host.Directory, path));
    }
}
