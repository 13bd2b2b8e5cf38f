using System.Threading.Channels;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;
using Spectre.Console;

namespace MlDurable.Cli.Output;

/// <summary>Shows a run as progress bars on a terminal: one for each stage, and one for each candidate as long as they fit.</summary>
internal sealed class LiveRunView : IRunView
{
    private const int MostCandidateBars = 12;

    private readonly ProgressContext context;
    private readonly Dictionary<string, ProgressTask> stages = [];
    private readonly Dictionary<int, ProgressTask> candidates = [];
    private readonly HashSet<int> trained = [];

    private LiveRunView(ProgressContext context) => this.context = context;

    /// <summary>Draws progress bars while <paramref name="watch"/> runs.</summary>
    public static Task<T> ShowAsync<T>(Terminal terminal, Func<IRunView, Task<T>> watch) =>
        Bars(terminal).StartAsync(context => watch(new LiveRunView(context)));

    /// <summary>Progress bars as all commands draw them.</summary>
    public static Progress Bars(Terminal terminal) => terminal.Console().Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());

    public void AlreadyFinished(IReadOnlySet<int> candidates) => trained.UnionWith(candidates);

    public void Happened(RunStep step)
    {
        switch (step.Stage)
        {
            case "validate" or "featurize" or "score" when step is { Index: not null, Count: { } count }:
                var partitions = Stage(step.Stage, count);
                if (step.State == RunStepState.Finished)
                {
                    partitions.Increment(1);
                    partitions.Description = $"{step.Stage} {partitions.Value:0}/{count}";
                }

                break;
            case "train" when step is { Index: { } index, Count: { } count }:
                Train(step, index, count);
                break;
            case "evaluate":
                var evaluate = Stage("evaluate", 1);
                evaluate.Value = step.State == RunStepState.Finished ? 1 : step.Fraction ?? evaluate.Value;
                break;
        }
    }

    private void Train(RunStep step, int index, int count)
    {
        var all = Stage("train", count);
        if (count <= MostCandidateBars && !trained.Contains(index))
        {
            if (!candidates.TryGetValue(index, out var bar))
            {
                candidates.Add(index, bar = context.AddTask(Markup.Escape($"  {step.Name}"), maxValue: 1));
            }

            bar.Value = step.State == RunStepState.Finished ? 1 : step.Fraction ?? bar.Value;
            if (step.State == RunStepState.Finished)
            {
                bar.Description = Markup.Escape($"  {step.Name}{(step.Value is { } value ? $" {Text.Metric(value)}" : "")}{(step.Reused == true ? " (reused)" : "")}");
            }
        }

        if (step.State == RunStepState.Finished)
        {
            trained.Add(index);
        }

        all.Value = trained.Count;
        all.Description = $"train {trained.Count}/{count}";
    }

    private ProgressTask Stage(string name, int count)
    {
        if (!stages.TryGetValue(name, out var task))
        {
            stages.Add(name, task = context.AddTask(count > 1 ? $"{name} 0/{count}" : name, maxValue: count));
        }

        return task;
    }
}
