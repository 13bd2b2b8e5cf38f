namespace MlDurable.Pipelines.Definition;

/// <summary>Batch scoring: predictions of the champion for each partition that has none by it.</summary>
public sealed record ScoreDefinition
{
    /// <summary>The pattern of the partitions to score, as <see cref="DataDefinition.Files"/>; the pipeline's own data by default.</summary>
    public required string Files { get; init; }

    /// <summary>Which version scores: the name of an alias, <c>champion</c> by default.</summary>
    public string Alias { get; init; } = Registry.RegistryDocument.Champion;

    /// <summary>How many partitions are scored at a time: 1 to 256, 4 by default.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>The refusal to score for a pipeline that does not say what.</summary>
    internal static PipelineException Missing(string pipeline) => new(
        "no-score", $"pipeline '{pipeline}' has no `score:` section; add one that says which files are scored (docs/scoring.md)");
}
