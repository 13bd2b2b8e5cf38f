using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>Shows a run as lines of text that are never drawn again: one for each stage over partitions, one for each candidate.</summary>
internal sealed class PlainRunView(Terminal terminal) : IRunView
{
    private readonly HashSet<int> trained = [];
    private string stage = "";
    private int done;
    private int reused;
    private int broken;

    public void AlreadyFinished(IReadOnlySet<int> candidates)
    {
        trained.UnionWith(candidates);
        if (candidates.Count > 0)
        {
            terminal.Line($"  {Text.Counted(candidates.Count, "candidate")} finished before; they are not trained again");
        }
    }

    public void Happened(RunStep step)
    {
        if (step.Stage != stage)
        {
            EndStage();
            stage = step.Stage;
            if (step is { Stage: "evaluate", State: RunStepState.Started })
            {
                terminal.Line("  evaluate: scoring the best candidate and the champion on rows that neither has seen");
            }
        }

        switch (step.State)
        {
            case RunStepState.Finished when step.Stage == "train":
                if (trained.Add(step.Index ?? -1))
                {
                    terminal.Line($"  train {trained.Count}/{step.Count}: {step.Name}{(step.Value is { } value ? $", {Text.Metric(value)}" : "")}{(step.Reused == true ? " (reused)" : "")}");
                }

                break;
            case RunStepState.Finished:
                done++;
                reused += step.Reused == true ? 1 : 0;
                broken += step.Passed == false ? 1 : 0;
                break;
            case RunStepState.Failed:
                terminal.Line($"  {step.Stage}{(step.Name is null ? "" : " " + step.Name)}: an attempt failed: {step.Message}");
                break;
        }
    }

    private void EndStage()
    {
        if (done > 0 && stage is "validate" or "featurize" or "score")
        {
            terminal.Line($"  {stage}: {StageText.Partitions(done, reused, broken)}");
        }

        done = 0;
        reused = 0;
        broken = 0;
    }
}

/// <summary>Sentences about stages.</summary>
internal static class StageText
{
    public static string Partitions(int count, int reused, int broken) =>
        Text.Counted(count, "partition")
        + (reused == 0 ? "" : reused == count ? ", all reused" : $", {count - reused} new, {reused} reused")
        + (broken == 0 ? "" : $", {broken} broken");
}
