using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Demo;

/// <summary>Shows nothing: the story sums each run up when it has ended.</summary>
internal sealed class QuietRunView : IRunView
{
    /// <summary>Draws progress bars on a terminal while <paramref name="watch"/> runs, and shows nothing elsewhere.</summary>
    public static Task<T> ShowAsync<T>(Terminal terminal, Func<IRunView, Task<T>> watch) =>
        terminal.IsInteractive ? LiveRunView.ShowAsync(terminal, "", watch) : watch(new QuietRunView());

    public void AlreadyFinished(IReadOnlySet<int> candidates)
    {
        // Summed up at the end.
    }

    public void Happened(RunStep step)
    {
        // Summed up at the end.
    }
}
