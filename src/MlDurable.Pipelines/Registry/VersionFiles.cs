namespace MlDurable.Pipelines.Registry;

/// <summary>The files of a version, below <c>models/&lt;model&gt;/versions/&lt;n&gt;/</c>.</summary>
internal static class VersionFiles
{
    /// <summary>The model file.</summary>
    public const string Model = "model";

    /// <summary>What the model was made from.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The row-level feature work that the model expects, as JSON.</summary>
    public const string Features = "features.json";

    /// <summary>The evidence on which it was judged.</summary>
    public const string Evaluation = "evaluation.json";

    /// <summary>What it looks at; versions of before there were explanations have none.</summary>
    public const string Explanation = "explanation.json";

    /// <summary>The profile of the rows that it learned from: what later partitions are compared with.</summary>
    public const string Profile = "profile.json";

    /// <summary>The model card.</summary>
    public const string Card = "card.md";
}
