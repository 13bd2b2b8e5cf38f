using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Promotion;
using MlDurable.Pipelines.Registry;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Serving;

/// <summary>Predictions for some rows.</summary>
/// <param name="Outputs">What is predicted, as <see cref="TrainedModel.Predict"/> gives it: for each row the probability of the positive class, or those of all
/// classes, or a number.</param>
/// <param name="Target">What that is.</param>
/// <param name="Threshold">The probability at and above which the model calls a row positive; of no meaning unless it does.</param>
public sealed record PredictionResult(double[] Outputs, Target Target, double Threshold)
{
    /// <summary>How many rows there are.</summary>
    public int Rows => Outputs.Length / Target.OutputCount;

    /// <summary>What is predicted of a row: <see cref="Target.OutputCount"/> numbers.</summary>
    /// <param name="row">The row.</param>
    public ReadOnlySpan<double> Of(int row) => Outputs.AsSpan(row * Target.OutputCount, Target.OutputCount);
}

/// <summary>Scores raw rows with a registered version: the row-level features are made as the version expects them. Safe for concurrent use.</summary>
public sealed class Predictor
{
    private readonly RegisteredModel registered;

    private readonly Lazy<RowScorer> rows;

    private readonly Lazy<ModelExplainer> explainer;

    private Predictor(RegisteredModel registered, TableSchema frozen)
    {
        this.registered = registered;
        Schema = new TableSchema(
            [.. frozen.Columns.Where(column => column.Name != registered.Features.Label && !registered.Features.Drop.Contains(column.Name))]);
        rows = new Lazy<RowScorer>(() => new RowScorer(registered.Model, registered.Features, frozen));
        explainer = new Lazy<ModelExplainer>(() => new ModelExplainer(registered.Model, registered.Features, frozen));
    }

    /// <summary>The version that predicts.</summary>
    public ModelVersion Version => registered.Version;

    /// <summary>The columns that rows to score are read with: those of the pipeline's data, without the label and what is dropped.</summary>
    public TableSchema Schema { get; }

    /// <summary>What the model predicts.</summary>
    public Target Target => registered.Model.Target;

    /// <summary>The probability at and above which the model calls a row positive; of no meaning unless it does.</summary>
    public double Threshold => registered.Model.Threshold;

    /// <summary>Scores rows one at a time, with the same numbers as <see cref="Predict"/> gives. Its columns are all of the pipeline's data.</summary>
    /// <exception cref="Learning.LearningException"><c>signature-mismatch</c>: the frozen schema does not give the features of the model.</exception>
    public RowScorer Rows => rows.Value;

    /// <summary>Says what each column adds to the score of a row.</summary>
    /// <exception cref="Learning.LearningException"><c>explanation-unavailable</c>: the model is of a trainer of one's own, or of a version that did not keep
    /// what it needs.</exception>
    public ModelExplainer Explainer => explainer.Value;

    /// <summary>Reads a version for scoring.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="registry">Its registry.</param>
    /// <param name="reference"><c>model</c>, <c>model@alias</c> or <c>model/3</c>.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>model-not-found</c>, <c>version-not-found</c>, <c>version-incomplete</c> or <c>model-changed</c>.</exception>
    public static async Task<Predictor> OpenAsync(
        IBlobStore store, ModelRegistry registry, string reference, CancellationToken cancellationToken = default)
    {
        var (document, version) = await registry.ResolveAsync(reference, cancellationToken);
        return await OpenAsync(store, document.Model, version, cancellationToken);
    }

    /// <summary>Reads a version for scoring.</summary>
    /// <exception cref="PipelineException"><c>version-incomplete</c>, <c>model-changed</c> or <c>schema-missing</c>.</exception>
    internal static async Task<Predictor> OpenAsync(IBlobStore store, string name, ModelVersion version, CancellationToken cancellationToken)
    {
        var model = await RegisteredModel.ReadAsync(store, name, version, cancellationToken);
        return new Predictor(model, await FrozenSchema.RequireAsync(store, model.Manifest.Pipeline, cancellationToken));
    }

    /// <summary>Scores rows.</summary>
    /// <param name="table">Raw rows, read with <see cref="Schema"/>; other columns are ignored.</param>
    /// <exception cref="Learning.LearningException"><c>signature-mismatch</c>: a column that the model needs is missing or of another kind.</exception>
    public PredictionResult Predict(Table table) =>
        new(registered.Model.Predict(registered.Features.BuildFeatures(table)), Target, Threshold);
}
