using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>
/// The features that trees are grown on: unscaled numbers, missing ones left so, and categories as codes. Of the recipe only the encodings of columns
/// and the interactions count.
/// </summary>
internal static class TreeFeatures
{
    public static TrainingFeatures Fit(ITrainer trainer, TrainingRequest request) => TrainingFeatures.Fit(
        trainer,
        request,
        request.Recipe with { Imputation = NumberImputation.None, Standardize = false, Encoding = CategoryEncoding.Ordinal, FoldRarerThan = 0 });
}
