namespace MlDurable.Learning.Features;

/// <summary>What kind of label is predicted.</summary>
public enum LearningTask
{
    /// <summary>One of two classes, of which one is called positive.</summary>
    Binary,

    /// <summary>One of several classes.</summary>
    Multiclass,

    /// <summary>A number.</summary>
    Regression,
}
