using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>The features that trees are grown on, whatever the recipe: unscaled numbers, missing ones left so, and categories as codes.</summary>
internal static class TreeFeatures
{
    public static FittedFeatures Fit(TrainingRequest request) => FittedFeatures.Fit(
        request.Training.Features,
        new FeatureRecipe { Imputation = NumberImputation.None, Standardize = false, Encoding = CategoryEncoding.Ordinal, FoldRarerThan = 0 },
        request.Transforms);
}
