namespace MlDurable.Pipelines.Definition;

/// <summary>What a pipeline file is read with.</summary>
public sealed record PipelineLoadOptions
{
    /// <summary>
    /// The parameters that are set, by name, as text: <c>margin</c> to <c>0.01</c> for <c>--set margin=0.01</c>. None by default.
    /// </summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();
}
