using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises penalty · (l1-ratio · Σ |w| + (1 - l1-ratio) / 2 · Σ w²) + the sum of the log losses of the training rows, those of positive ones times a
/// weight, or of half the squared errors of numbers; the intercept is free (Zou and Hastie, "Regularization and variable selection via the elastic net", 2005). This is scikit-learn's
/// LogisticRegression(penalty="elasticnet") with C = 1/penalty and class_weight={1: positive-weight}, and glmnet with lambda = penalty / rows,
/// alpha = l1-ratio and standardize = FALSE; of numbers scikit-learn's ElasticNet with alpha = penalty / rows.
/// </summary>
internal sealed class ElasticNetTrainer : ITrainer
{
    private const string Penalty = "penalty";
    private const string L1Ratio = "l1-ratio";

    public string Name => "elastic-net";

    public string Version => "1";

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary, LearningTask.Regression];

    public bool TakesWeights => true;

    public string Description =>
        "Logistic regression, for numbers linear regression, with an L1 and an L2 penalty, which leaves weights of little use at exactly 0; fitted by coordinate descent. "
        + "Takes imputation, standardisation, folding, the encodings of columns and interactions from the recipe; other categories are always one-hot.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Penalty, 0, 1e9, 1, IsInteger: false, "Strength of the penalty on weights; 1/C in scikit-learn's terms, lambda times the rows in glmnet's."),
        new(L1Ratio, 0, 1, 0.5, IsInteger: false, "The share of the penalty that is on magnitudes; the rest is on squares. 0 is logistic-regression with that l2."),
        LinearTraining.PositiveWeight,
        new(LinearTraining.MaxIterations, 1, 100_000, 100, IsInteger: true, "The most steps of the optimiser; it usually stops long before."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        var lasso = new LassoPenalty(values[Penalty] * values[L1Ratio]);
        return LinearTraining.Fit(
            this,
            request,
            values,
            values[Penalty] * (1 - values[L1Ratio]),
            (objective, point, tolerance, maxIterations, beforeIteration) =>
                ElasticNet.Minimize(objective, lasso, point, tolerance, maxIterations, beforeIteration),
            cancellationToken);
    }
}
