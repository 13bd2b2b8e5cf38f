using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Fits one kind of model. Implementations keep no state, so they are safe for concurrent use.</summary>
/// <remarks>A trainer of one's own derives from <see cref="CustomTrainer"/>.</remarks>
public interface ITrainer
{
    /// <summary>The name in lower case with hyphens, as in a pipeline file.</summary>
    string Name { get; }

    /// <summary>Changes whenever the same request would give another model.</summary>
    string Version { get; }

    /// <summary>What kind of model it fits and what it takes from the recipe, for a person.</summary>
    string Description { get; }

    /// <summary>The kinds of labels that it learns. Default: only binary ones.</summary>
    IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary];

    /// <summary>Whether it takes <see cref="LabeledRows.Weights"/> of training rows. Default: no, and a fit with some is refused.</summary>
    bool TakesWeights => false;

    /// <summary>Whether it takes columns with a <see cref="TextEncoding"/>. Default: no, and a fit with one is refused.</summary>
    bool TakesText => false;

    /// <summary>The settings it has.</summary>
    IReadOnlyList<HyperparameterSpec> Hyperparameters { get; }

    /// <summary>Fits a model.</summary>
    /// <param name="request">Rows, recipe, hyperparameters and seed.</param>
    /// <param name="cancellationToken">Stops between two iterations.</param>
    /// <returns>The model; the threshold of a binary one is that of the rule, for the validation rows.</returns>
    /// <exception cref="LearningException">
    /// <c>no-rows</c>; <c>one-class</c>: all training labels are equal; <c>invalid-labels</c>: a label is none of the target;
    /// <c>task-unsupported</c>, <c>weights-unsupported</c>: it does not learn such labels, or takes no weights; <c>invalid-weights</c>;
    /// <c>calibration-unsupported</c>: only probabilities of the positive class are calibrated; <c>no-usable-features</c>;
    /// <c>missing-numbers</c>: the model needs imputation and the recipe has none; <c>unknown-hyperparameter</c>;
    /// <c>hyperparameter-out-of-range</c>;
    /// <c>signature-mismatch</c>: the validation rows lack a column of the training rows;
    /// <c>calibration-needs-rows</c>: the calibration that is asked for needs more validation rows of a class.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default);
}
