namespace MlDurable.Learning.Drift;

/// <summary>How much the current rows differ from the reference, from nothing to do to something to do.</summary>
public enum DriftLevel
{
    /// <summary>Too few current rows to say. Never to be read as "no drift".</summary>
    NotEnoughData,

    /// <summary>No difference that is both large enough to matter and too large for chance.</summary>
    None,

    /// <summary>A difference to keep an eye on.</summary>
    Watch,

    /// <summary>A difference that asks for a decision about retraining.</summary>
    Act,
}
