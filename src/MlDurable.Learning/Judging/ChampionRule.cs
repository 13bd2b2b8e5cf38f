namespace MlDurable.Learning.Judging;

/// <summary>What a candidate must show against the champion.</summary>
public enum ChampionRule
{
    /// <summary>That it is not worse by the margin or more.</summary>
    NonInferior,

    /// <summary>That it is better.</summary>
    Superior,
}
