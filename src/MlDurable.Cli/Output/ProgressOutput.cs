using Spectre.Console;

namespace MlDurable.Cli.Output;

/// <summary>Shows how far a command is that takes long and has no stages.</summary>
internal static class ProgressOutput
{
    /// <summary>Does work of which the done share is known: a bar on a terminal, one line before the work in a pipe, nothing with --json.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="what">What is being done, as in <c>training the model again</c>.</param>
    /// <param name="work">The work; it reports the done share, 0 to 1.</param>
    public static Task<T> ShareAsync<T>(Terminal terminal, string what, Func<IProgress<double>?, Task<T>> work)
    {
        if (terminal.IsInteractive)
        {
            return LiveRunView.Bars(terminal).StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(what), maxValue: 1);
                var result = await work(new Relay<double>(share => bar.Value = share));
                bar.Value = 1;
                return result;
            });
        }

        terminal.Line($"{what} …");
        return work(null);
    }

    /// <summary>Does work of which only the done count is known: a count that grows on a terminal, and nothing elsewhere.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="noun">What is counted, in the singular.</param>
    /// <param name="done">What is done to each, as in <c>scored</c>.</param>
    /// <param name="work">The work; it reports the count so far.</param>
    public static Task<T> CountAsync<T>(Terminal terminal, string noun, string done, Func<IProgress<long>?, Task<T>> work) => terminal.IsInteractive
        ? terminal.Console().Status().StartAsync(
            $"{Text.Counted(0, noun)} {done}",
            context => work(new Relay<long>(count => context.Status = $"{Text.Counted(count, noun)} {done}")))
        : work(null);
}
