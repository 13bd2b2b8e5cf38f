using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Pipelines.Registry;

namespace MlDurable.Pipelines.Serving;

/// <summary>The predictor of a model that <see cref="ServedModels"/> keeps.</summary>
/// <typeparam name="TIn">A row; see <see cref="IPredictor{TIn, TOut}"/>.</typeparam>
/// <typeparam name="TOut">What a prediction becomes; see <see cref="IPredictor{TIn, TOut}"/>.</typeparam>
public sealed class ModelPredictor<TIn, TOut> : IPredictor<TIn, TOut>
{
    private readonly RowShape<TIn> shape = new();
    private readonly Func<Prediction, TOut> output = PredictionShape.For<TOut>();
    private readonly ServedModels models;
    private readonly string model;
    private readonly string selector;
    private volatile Binding? bound;

    /// <summary>Checks the types; the model is read with the first row.</summary>
    /// <param name="models">Keeps the model.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="selector">An alias, or a version's number. Default: the champion.</param>
    /// <exception cref="PipelineException"><c>predictor-type</c>: a property of a type cannot be used; the message names it.</exception>
    public ModelPredictor(ServedModels models, string model, string selector = RegistryDocument.Champion)
    {
        this.models = models;
        this.model = model;
        this.selector = selector;
    }

    /// <inheritdoc/>
    public async ValueTask<TOut> PredictAsync(TIn row, CancellationToken cancellationToken = default)
    {
        var served = await models.GetAsync(model, selector, cancellationToken);
        return Score(served, BindingOf(served), served.Predictor.Rows.NewRow(), row);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TOut>> PredictAsync(IEnumerable<TIn> rows, CancellationToken cancellationToken = default)
    {
        var served = await models.GetAsync(model, selector, cancellationToken);
        var binding = BindingOf(served);
        var scoring = served.Predictor.Rows.NewRow();
        return [.. rows.Select(row => Score(served, binding, scoring, row))];
    }

    private TOut Score(ServedModel served, Binding binding, ScoringRow scoring, TIn row)
    {
        foreach (var (column, set) in binding.Cells)
        {
            set(scoring, column, row);
        }

        return output(PredictionOf(served, scoring));
    }

    private static Prediction PredictionOf(ServedModel served, ScoringRow scoring)
    {
        var predictor = served.Predictor;
        var target = predictor.Target;
        switch (target.Task)
        {
            case LearningTask.Multiclass:
                var probabilities = new double[target.OutputCount];
                scoring.Predict(probabilities);
                var decision = MulticlassMetrics.Decision(probabilities);
                return Of(probabilities[decision], decision: false, double.NaN) with
                {
                    Class = target.Classes[decision],
                    Probabilities = target.Classes.Zip(probabilities).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal),
                };
            case LearningTask.Regression:
                return Of(double.NaN, decision: false, double.NaN) with { Value = scoring.Predict() };
            default:
                var probability = scoring.Predict();
                return Of(probability, probability >= predictor.Threshold, predictor.Threshold);
        }

        Prediction Of(double probability, bool decision, double threshold) =>
            new(probability, decision, threshold, served.Model, served.Version, predictor.Version.ModelHash, served.StaleReason is not null);
    }

    private Binding BindingOf(ServedModel served) =>
        bound is { } binding && ReferenceEquals(binding.Predictor, served.Predictor)
            ? binding
            : bound = new Binding(served.Predictor, shape.Bind(served));

    private sealed record Binding(Predictor Predictor, IReadOnlyList<(int Column, CellSetter<TIn> Set)> Cells);
}
