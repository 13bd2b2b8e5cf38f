using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// A trainer of one's own: <see cref="Trainers.Register"/> makes it known, and a pipeline file names it. The features, the checks of rows and
/// hyperparameters, the decision threshold and the model file are those of every trainer.
/// </summary>
/// <remarks>Must keep no state, because several fits go on at once.</remarks>
public abstract class CustomTrainer : ITrainer
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>
    /// Changes whenever the same request would give another model: fits of another version are not reused. Default: the module version of the
    /// assembly that declares the trainer, which changes with every change of its code. A trainer that uses code of other assemblies, or lies in
    /// an assembly that changes often, gives a version of its own.
    /// </summary>
    public virtual string Version => GetType().Module.ModuleVersionId.ToString("N");

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <summary>The settings it has. Default: none.</summary>
    public virtual IReadOnlyList<HyperparameterSpec> Hyperparameters => [];

    /// <inheritdoc/>
    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        cancellationToken.ThrowIfCancellationRequested();
        var (fitted, rows) = TrainingFeatures.Fit(this, request, Adapt(request.Recipe));
        var training = new CustomTraining
        {
            Rows = rows,
            Labels = request.Training.Labels,
            ValidationRows = fitted.Apply(request.Validation.Features),
            ValidationLabels = request.Validation.Labels,
            FeatureNames = fitted.OutputNames,
            Hyperparameters = values,
            Seed = request.Seed,
            Progress = request.Progress,
        };
        var state = Learn(training, cancellationToken).ToBytes();
        if (state.Length > CustomScorer.MaxStateBytes)
        {
            throw new LearningException(
                "model-too-large",
                $"The state of the model of '{Name}' has {state.Length:N0} bytes; a model file takes {CustomScorer.MaxStateBytes:N0}. "
                + "Have the trainer keep less.");
        }

        request.Progress?.Report(1);

        // From its own bytes, so that the threshold and every figure are those of the model that will be read.
        return DecisionThreshold.Complete(this, request, fitted, new CustomScorer(state).Open(this, fitted));
    }

    /// <summary>Reads what <see cref="ICustomScorer.ToBytes"/> wrote, in this version or an earlier one.</summary>
    /// <remarks>
    /// The bytes come from a file: whatever is wrong with them must be an exception, of any kind, and no score may depend on what was not checked.
    /// </remarks>
    /// <param name="state">The bytes.</param>
    /// <param name="denseCount">The number of dense features of the rows that will be scored.</param>
    /// <param name="featureCount">The number of all their features.</param>
    /// <returns>The scorer: it gives the same numbers as the one that was written, to the last bit.</returns>
    protected internal abstract ICustomScorer Read(ReadOnlySpan<byte> state, int denseCount, int featureCount);

    /// <summary>What the trainer takes from a pipeline's recipe. Default: all of it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <returns>The recipe that the features are made with.</returns>
    protected virtual FeatureRecipe Adapt(FeatureRecipe recipe) => recipe;

    /// <summary>Learns from rows. The same rows, hyperparameters and seed must give the same bytes, or <c>mldurable reproduce</c> says that they do not.</summary>
    /// <param name="training">Rows, labels, hyperparameters and seed.</param>
    /// <param name="cancellationToken">Checked now and then: a fit that takes long should stop soon after it is cancelled.</param>
    protected abstract ICustomScorer Learn(CustomTraining training, CancellationToken cancellationToken);
}
