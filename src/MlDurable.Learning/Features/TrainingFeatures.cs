using MlDurable.Learning.Training;

namespace MlDurable.Learning.Features;

/// <summary>A recipe with what it learned of training rows, and the features that a trainer learns from.</summary>
/// <remarks>
/// What <see cref="FittedFeatures.Apply(Tables.Table)"/> gives of the same rows differs where an encoding knows the labels: it has seen their own.
/// </remarks>
/// <param name="Fitted">The features of any rows.</param>
/// <param name="Rows">The features of the training rows, each as if it had not been learned from.</param>
internal sealed record TrainingFeatures(FittedFeatures Fitted, FeatureMatrix Rows)
{
    /// <summary>Learns from the training rows of a request, which must be trainable.</summary>
    /// <exception cref="LearningException"><c>text-unsupported</c>: the trainer takes no text; <c>encoding-task</c>: labels that are not binary encode a column; otherwise as <see cref="FittedFeatures.Fit(Tables.Table, FeatureRecipe, IReadOnlyDictionary{string, string})"/>.</exception>
    public static TrainingFeatures Fit(ITrainer trainer, TrainingRequest request, FeatureRecipe recipe)
    {
        if (!trainer.TakesText && recipe.Encodings.FirstOrDefault(encoding => encoding.Value is TextEncoding).Key is { } text)
        {
            throw new LearningException(
                "text-unsupported",
                $"The trainer '{trainer.Name}' takes no text, and the column '{text}' is encoded as text. "
                + "Leave the column out of the features, encode it otherwise, or use logistic-regression.");
        }

        if (request.Target.Task != LearningTask.Binary && recipe.Encodings.FirstOrDefault(encoding => encoding.Value is TargetEncoding).Key is { } byLabel)
        {
            throw new LearningException(
                "encoding-task",
                $"The column '{byLabel}' is encoded by its labels, which must be binary, and these are {request.Target.Describe()}. Encode it otherwise.");
        }

        var targets = new TargetFit(request.Training.Labels, request.Seed);
        var fitted = FittedFeatures.Fit(request.Training.Features, recipe, request.Transforms, targets);
        var rows = fitted.Apply(request.Training.Features, mayShare: trainer is not CustomTrainer);
        foreach (var (feature, target) in fitted.Targets)
        {
            rows.Dense[feature] = targets.CrossFitted[target.Name];
        }

        return new TrainingFeatures(fitted, rows);
    }
}
