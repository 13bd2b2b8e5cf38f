using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises l2/2 · |weights|² + the sum of the log losses of the training rows; the intercept is free. This is scikit-learn's
/// LogisticRegression with C = 1/l2.
/// </summary>
internal sealed class LogisticRegressionTrainer : ITrainer
{
    private const string L2 = "l2";
    private const string MaxIterations = "max-iterations";

    public string Name => "logistic-regression";

    public string Version => "3";

    public string Description =>
        "Logistic regression with an L2 penalty, fitted by L-BFGS. "
        + "Takes imputation, standardisation and folding from the recipe; categories are always one-hot.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(L2, 0, 1e9, 1, IsInteger: false, "Strength of the penalty on squared weights; 1/C in scikit-learn's terms."),
        new(MaxIterations, 1, 100_000, 500, IsInteger: true, "The most iterations of the optimiser; it usually stops long before."),
    ];

    public BinaryModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        var labels = request.Training.Labels;
        var maxIterations = (int)values[MaxIterations];
        return LinearTraining.Fit(
            this,
            request,
            maxIterations,
            (features, point, beforeIteration) => Lbfgs.Minimize(
                new LogisticObjective(features, labels, values[L2]).Evaluate,
                point,
                LinearTraining.TolerancePerRow * labels.Length,
                maxIterations,
                beforeIteration),
            cancellationToken);
    }
}
