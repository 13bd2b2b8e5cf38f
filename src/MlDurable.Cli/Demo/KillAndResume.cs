using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Cli.Demo;

/// <summary>Runs the first act again in a process of its own, kills it while it trains, resumes it, and holds the result against the undisturbed one.</summary>
internal sealed class KillAndResume(CommandCall call, DemoDirectory directory, Workspace undisturbed)
{
    private const int MaxBytes = 256 << 20;

    /// <summary>On a machine so fast that the run ends before the kill reaches it, it is tried again.</summary>
    private const int Attempts = 3;

    public async Task<DemoKill> RunAsync(RunRecord original, IReadOnlyList<string> files)
    {
        var store = directory.KilledStore;
        ChildRun killed;
        var attempt = 0;
        do
        {
            if (++attempt > Attempts)
            {
                throw new CliException("demo-kill-missed", $"the run ended before it could be killed, {Attempts} times");
            }

            if (Directory.Exists(store))
            {
                Directory.Delete(store, recursive: true);
            }

            killed = await QuietRunView.ShowAsync(
                call.Terminal, view => ChildRun.RunAsync(directory.Pipeline, store, files, kill: true, view, call.CancellationToken));
            if (killed.Errors.Length > 0)
            {
                throw new CliException("demo-child-failed", $"the run in a second process failed: {killed.Errors.Trim()}");
            }
        }
        while (killed.Result is not null);

        var resumed = await QuietRunView.ShowAsync(call.Terminal, view =>
        {
            view.AlreadyFinished(killed.Finished.ToHashSet());
            return ChildRun.RunAsync(directory.Pipeline, store, [], kill: false, view, call.CancellationToken);
        });
        var run = resumed.Result?.Run
            ?? throw new CliException("demo-child-failed", $"the resumed run gave no result: {resumed.Errors.Trim()}");
        var second = Workspace.Open(store, directory.Root, call.Host);
        var hash = await ModelHashAsync(undisturbed, original);
        return new DemoKill(
            [.. killed.Finished],
            [.. killed.InFlight],
            [.. resumed.Started],
            [.. resumed.Started.Intersect(killed.Finished)],
            hash,
            await ModelHashAsync(second, run),
            await SameAsync(second, run, original, RunStore.EvaluationFile) && await SameAsync(second, run, original, RunStore.PredictionsFile));
    }

    private async Task<string> ModelHashAsync(Workspace workspace, RunRecord run) =>
        (await new RunStore(workspace.Store).ManifestAsync(run.RunId, call.CancellationToken))?.ModelHash
        ?? throw new CliException("demo-child-failed", $"run {run.RunId} selected no candidate: {run.Summary}");

    private async Task<bool> SameAsync(Workspace second, RunRecord run, RunRecord original, string file)
    {
        var there = await second.Store.ReadBytesAsync(RunStore.FileName(run.RunId, file), MaxBytes, call.CancellationToken);
        var here = await undisturbed.Store.ReadBytesAsync(RunStore.FileName(original.RunId, file), MaxBytes, call.CancellationToken);
        return there.AsSpan().SequenceEqual(here);
    }
}
