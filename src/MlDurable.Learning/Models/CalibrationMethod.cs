namespace MlDurable.Learning.Models;

/// <summary>How a model's scores become probabilities.</summary>
public enum CalibrationMethod
{
    /// <summary>By the logistic function alone: the probabilities are those that the trainer's loss leads to.</summary>
    None,

    /// <summary>By the logistic function of a weighted score: two numbers, fitted to the validation rows.</summary>
    Platt,

    /// <summary>By the non-decreasing steps that fit the validation rows best, with straight lines between them.</summary>
    Isotonic,
}
