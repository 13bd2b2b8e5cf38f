using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>Writes what was found in partitions.</summary>
internal static class QualityOutput
{
    /// <summary>Every finding in the partitions that a run quarantined.</summary>
    public static async Task WriteAsync(Terminal terminal, RunStore runs, RunRecord run, CancellationToken cancellationToken)
    {
        foreach (var partition in await runs.QualityAsync(run.RunId, cancellationToken))
        {
            if (!partition.Passed)
            {
                Write(terminal, partition);
            }
        }
    }

    public static void Write(Terminal terminal, PartitionQuality partition)
    {
        foreach (var finding in partition.Findings)
        {
            terminal.Line(
                finding.Level == QualityFinding.Error ? Tone.Bad : Tone.Warning,
                $"  {finding.Level}",
                $" {partition.Partition}: {(finding.Column is null ? "" : $"'{finding.Column}': ")}{finding.Found}; expected {finding.Expected}");
        }
    }
}
