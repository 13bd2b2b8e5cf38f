namespace MlDurable.Learning.Models;

/// <summary>How the scores of a row become what a model predicts.</summary>
internal enum Link
{
    /// <summary>1 / (1 + exp(-score)): the probability of the positive class.</summary>
    Logistic,

    /// <summary>exp(score of a class) / the sum over all classes: their probabilities.</summary>
    Softmax,

    /// <summary>The score itself: a number.</summary>
    Identity,

    /// <summary>exp(score): a number above 0.</summary>
    Exponential,
}
