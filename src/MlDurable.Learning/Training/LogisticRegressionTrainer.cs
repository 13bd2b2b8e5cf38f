using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises l2/2 · |weights|² + the sum of the log losses of the training rows, those of positive ones times a weight; the intercept is free. This is
/// scikit-learn's LogisticRegression with C = 1/l2 and class_weight={1: positive-weight}; for several classes the multinomial one, where each class has
/// weights of its own.
/// </summary>
internal sealed class LogisticRegressionTrainer : ITrainer
{
    private const string L2 = "l2";

    public string Name => "logistic-regression";

    public string Version => "3";

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary, LearningTask.Multiclass];

    public bool TakesWeights => true;

    public string Description =>
        "Logistic regression with an L2 penalty, for several classes softmax regression, fitted by L-BFGS. "
        + "Takes imputation, standardisation, folding, the encodings of columns and interactions from the recipe; other categories are always one-hot.";

    public bool TakesText => true;

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(L2, 0, 1e9, 1, IsInteger: false, "Strength of the penalty on squared weights; 1/C in scikit-learn's terms."),
        LinearTraining.PositiveWeight,
        new(LinearTraining.MaxIterations, 1, 100_000, 500, IsInteger: true, "The most iterations of the optimiser; it usually stops long before."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        return request.Target.Task == LearningTask.Multiclass ? LinearTraining.FitClasses(this, request, values, values[L2], cancellationToken) : LinearTraining.Fit(
            this,
            request,
            values,
            values[L2],
            (objective, point, tolerance, maxIterations, beforeIteration) =>
                Lbfgs.Minimize(objective.Evaluate, point, tolerance, maxIterations, beforeIteration),
            cancellationToken);
    }
}
