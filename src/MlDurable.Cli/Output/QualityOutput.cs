using System.Collections.Immutable;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>Writes what was found in partitions.</summary>
internal static class QualityOutput
{
    /// <summary>The broken expectations of the partitions that a run quarantined, and how many warnings there are beside them.</summary>
    public static async Task WriteBrokenAsync(Terminal terminal, RunStore runs, RunRecord run, CancellationToken cancellationToken)
    {
        foreach (var partition in await runs.QualityAsync(run.RunId, cancellationToken))
        {
            if (partition.Passed)
            {
                continue;
            }

            var errors = partition.Findings.Where(finding => finding.Level == QualityFinding.Error).ToImmutableArray();
            Write(terminal, partition with { Findings = errors });
            if (partition.Findings.Length > errors.Length)
            {
                terminal.Line($"  and {Text.Counted(partition.Findings.Length - errors.Length, "warning")}, which the report lists");
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
