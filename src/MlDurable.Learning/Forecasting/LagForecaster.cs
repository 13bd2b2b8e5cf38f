using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Forecasting;

/// <summary>
/// Gradient boosting on what went before: one model for all series and all steps ahead (the direct way: no forecast feeds another), learned from every
/// origin of the history. How many trees are added is chosen on the newest origins; then all rows are learned from.
/// </summary>
public sealed class LagForecaster : IForecaster
{
    /// <summary>Settings of <c>gradient-boosting</c> that differ from those of this forecaster: squared loss, 500 trees of 16 leaves at most, a learning rate
    /// of 0.05 and 20 rows in a leaf.</summary>
    public ImmutableSortedDictionary<string, double> Hyperparameters { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    // Origins that lie close to each other say nearly the same; of more rows the origins are thinned out.
    private const int MaxRows = 200_000;
    private const int ValidationShare = 5;
    private const int LeastRows = 40;

    private static readonly ImmutableSortedDictionary<string, double> Defaults = ImmutableSortedDictionary<string, double>.Empty
        .Add("trees", 500).Add("leaves", 16).Add("learning-rate", 0.05).Add("min-rows-per-leaf", 20);

    /// <inheritdoc/>
    public string Name => "lag-boosting";

    /// <inheritdoc/>
    public ForecastModel Fit(ForecastRequest request, CancellationToken cancellationToken = default)
    {
        request.RequireForecastable();
        var origins = Origins(request);
        var targets = origins.SelectMany(origin => Enumerable.Range(1, request.Horizon).Select(ahead => (origin.Series, origin.At, Ahead: ahead)))
            .Where(target => !double.IsNaN(target.Series.At(target.At + target.Ahead)))
            .ToList();
        if (targets.Count < LeastRows)
        {
            throw new LearningException(
                "series-too-short",
                $"The series have {targets.Count} values that a season of {request.Season} steps comes before; at least {LeastRows} are needed. "
                + "Give more history, a shorter season, or use seasonal-naive.");
        }

        // The newest values choose the number of trees; no row before them looks ahead into them.
        var cut = targets.Select(target => target.At + target.Ahead).Order().ElementAt(targets.Count - (targets.Count / ValidationShare));
        var training = Rows(request, targets.Where(target => target.At + target.Ahead < cut));
        var validation = Rows(request, targets.Where(target => target.At >= cut - 1));
        var settings = Defaults.SetItems(Hyperparameters);
        if (validation.Labels.Length > 0 && training.Labels.Distinct().Count() > 1)
        {
            var chosen = Train(training, validation, settings, 0.5);
            settings = settings.SetItem("trees", Math.Max(((TreeScorer)chosen.Scorer).Trees.Length, 1));
        }

        var all = Rows(request, targets);
        if (Array.TrueForAll(all.Labels, label => label == all.Labels[0]))
        {
            throw new LearningException("one-label", "The series never change against their own level: there is nothing to learn. Use seasonal-naive.");
        }

        var model = Train(all, all.Take([]), settings.SetItem("early-stopping-rounds", 0), 1);
        using var file = new MemoryStream();
        model.Write(file);
        request.Progress?.Report(1);
        return new LagModel(request.Horizon, request.Season, file.ToArray());

        TrainedModel Train(LabeledRows rows, LabeledRows stopping, ImmutableSortedDictionary<string, double> hyperparameters, double progressEnd) =>
            Trainers.Get("gradient-boosting").Fit(
                new TrainingRequest
                {
                    Training = rows,
                    Validation = stopping,
                    Hyperparameters = hyperparameters,
                    Seed = request.Seed,
                    Progress = request.Progress is null ? null : new Part(request.Progress, progressEnd - 0.5, progressEnd),
                },
                cancellationToken);
    }

    /// <summary>The steps that forecasts are made at in training, thinned out evenly: each with a season of history.</summary>
    private static List<(TimeSeries Series, long At)> Origins(ForecastRequest request)
    {
        var all = request.Series.Series.SelectMany(series => Enumerable.Range(0, Math.Max(series.Values.Length - request.Season, 0))
            .Select(place => (Series: series, At: series.First + request.Season - 1 + place))).ToList();
        var most = Math.Max(MaxRows / request.Horizon, 1);
        return all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];
    }

    private static LabeledRows Rows(ForecastRequest request, IEnumerable<(TimeSeries Series, long At, int Ahead)> targets)
    {
        var features = new LagFeatures(request.Season);
        var labels = new List<double>();
        foreach (var origin in targets.GroupBy(target => (target.Series, target.At)))
        {
            var (series, at) = origin.Key;
            var scale = features.ScaleAt(series, at);
            var ahead = origin.Select(target => target.Ahead).ToList();
            features.Add(series, at, ahead, scale);
            labels.AddRange(ahead.Select(steps => scale.Relative(series.At(at + steps))));
        }

        return new LabeledRows(features.ToTable(), [.. labels]) { Target = Target.Regression };
    }

    private sealed class Part(IProgress<double> whole, double from, double to) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + (value * (to - from)));
    }
}

/// <summary>Boosted trees over <see cref="LagFeatures"/>.</summary>
internal sealed record LagModel : ForecastModel
{
    private readonly TrainedModel model;

    public LagModel(int horizon, int season, byte[] trees)
        : base(horizon, season)
    {
        Trees = trees;
        model = TrainedModel.Read(new MemoryStream(trees));
    }

    /// <summary>The model file of the trees.</summary>
    public byte[] Trees { get; }

    internal override double[][] Continue(TimeSeriesSet history)
    {
        var features = new LagFeatures(Season);
        var scales = history.Series.Select(series => features.ScaleAt(series, series.End - 1)).ToList();
        foreach (var (series, scale) in history.Series.Zip(scales))
        {
            features.Add(series, series.End - 1, Enumerable.Range(1, Horizon), scale);
        }

        var relative = model.Predict(features.ToTable());
        return [.. scales.Select((scale, place) => Enumerable.Range(0, Horizon).Select(ahead => scale.Absolute(relative[(place * Horizon) + ahead])).ToArray())];
    }

    private protected override bool IsSound()
    {
        var names = new LagFeatures(Season).ToTable().Columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        return base.IsSound()
            && model.Target.Equals(Target.Regression)
            && model.Signature.Inputs.Columns.All(column => names.Contains(column.Name) && (column.Kind == ColumnKind.Category) == (column.Name == LagFeatures.SeriesColumn));
    }
}
