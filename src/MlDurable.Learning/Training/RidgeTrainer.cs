using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises l2/2 · |weights|² + half the sum of the squared errors of the training rows; the intercept is free (Hoerl and Kennard, "Ridge regression",
/// 1970). This is scikit-learn's Ridge with alpha = l2.
/// </summary>
internal sealed class RidgeTrainer : ITrainer
{
    private const string L2 = "l2";

    public string Name => "ridge";

    public string Version => "1";

    public string Description =>
        "Linear regression with an L2 penalty, fitted by L-BFGS. "
        + "Takes imputation, standardisation, folding, the encodings of columns and interactions from the recipe; other categories are always one-hot.";

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Regression];

    public bool TakesWeights => true;

    public bool TakesText => true;

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(L2, 0, 1e9, 1, IsInteger: false, "Strength of the penalty on squared weights; alpha in scikit-learn's terms."),
        new(LinearTraining.MaxIterations, 1, 100_000, 1000, IsInteger: true, "The most iterations of the optimiser; it usually stops long before."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        return LinearTraining.Fit(
            this,
            request,
            values,
            values[L2],
            (objective, point, tolerance, maxIterations, beforeIteration) =>
                Lbfgs.Minimize(objective.Evaluate, point, tolerance, maxIterations, beforeIteration),
            cancellationToken);
    }
}
