using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class BoostingLossTests
{
    public static TheoryData<string> Losses { get; } = ["binary", "multiclass", "squared", "median", "quantile", "poisson", "tweedie"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Derive_AnyScores_GivesTheDerivativesOfTheTotal(string name)
    {
        var loss = Loss(name, Rows(name, weighted: true));
        var random = new SplitMix64(3);
        var outputs = loss.Start().Length;
        var scores = Enumerable.Range(0, outputs).Select(_ => Enumerable.Range(0, 40).Select(_ => (random.NextUniform() * 2) - 1).ToArray()).ToArray();
        var (gradients, hessians) = (new double[40], new double[40]);
        for (var output = 0; output < outputs; output++)
        {
            loss.BeginRound(scores);
            loss.FillDerivatives(output, scores[output], gradients, hessians);
            for (var row = 0; row < 40; row++)
            {
                const double step = 1e-4;
                var score = scores[output][row];
                var (below, at, above) = (At(score - step), At(score), At(score + step));
                scores[output][row] = score;
                Assert.Equal(gradients[row], (above - below) / (2 * step), 1e-5 * (1 + Math.Abs(gradients[row])));
                if (!loss.RenewsLeaves)
                {
                    Assert.Equal(hessians[row], (above - (2 * at) + below) / (step * step), 1e-4 * (1 + Math.Abs(hessians[row])));
                }

                double At(double moved)
                {
                    scores[output][row] = moved;
                    return loss.Total(scores);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Start_OfTheRows_IsWhereNoOtherConstantIsBetter(string name)
    {
        var loss = Loss(name, Rows(name, weighted: true));
        var start = loss.Start();
        var least = loss.Total(Constant(start));
        for (var output = 0; output < start.Length; output++)
        {
            foreach (var step in new[] { -0.05, 0.05 })
            {
                var moved = start.ToArray();
                moved[output] += step;
                Assert.True(loss.Total(Constant(moved)) >= least - 1e-9, $"{name}: {step} of {start[output]}");
            }
        }

        static double[][] Constant(double[] scores) => Array.ConvertAll(scores, score => Enumerable.Repeat(score, 40).ToArray());
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Fit_WholeWeights_IsAsManyRows(string name)
    {
        // Few leaves of many rows, so that rows per leaf decide nothing; exactly equal trees would need sums in the same order.
        var weighted = Rows(name, weighted: true);
        var repeated = weighted with { Weights = null };
        repeated = repeated.Take([.. Enumerable.Range(0, 40).SelectMany(row => Enumerable.Repeat(row, (int)weighted.Weights![row]))]);
        KeyValuePair<string, double>[] settings = [.. Settings(name), new("min-rows-per-leaf", 1), new("trees", 10), new("leaves", 3), new("early-stopping-rounds", 0)];

        Assert.Equal(Fit(weighted, settings).Predict(weighted.Features), Fit(repeated, settings).Predict(weighted.Features), new Within(0.02));
    }

    [Fact]
    public void Fit_RowOfWeightZero_CountsForNothing()
    {
        var rows = Rows("squared", weighted: false);
        var weights = Enumerable.Range(0, 40).Select(row => row < 5 ? 0.0 : 1).ToArray();
        var spoilt = rows.Labels.ToArray();
        spoilt[2] = 1e6;

        Assert.Equal(
            ModelBytes.Of(Fit(rows with { Weights = weights }, Settings("squared"))), ModelBytes.Of(Fit(rows with { Labels = spoilt, Weights = weights }, Settings("squared"))));
    }

    [Theory]
    [InlineData("squared", "rmse")]
    [InlineData("median", "mae")]
    [InlineData("poisson", "rmse")]
    [InlineData("tweedie", "rmse")]
    [InlineData("multiclass", "log-loss")]
    public void Fit_RowsThatFollowAFunction_IsFarBetterThanTheBaseline(string name, string metricName)
    {
        var (training, test) = (Following(name, 2000, 1), Following(name, 1000, 2));
        var metric = MetricCatalog.Find(training.Target.Task, metricName)!;
        KeyValuePair<string, double>[] settings = [.. Settings(name), new("trees", 100), new("learning-rate", 0.1), new("early-stopping-rounds", 0)];
        var boosted = metric.Evaluate(test.Labels, Fit(training, settings).Predict(test.Features), 0.5);
        var baseline = metric.Evaluate(test.Labels, Trainers.Get("baseline").Fit(TrainingData.Request(training)).Predict(test.Features), 0.5);

        Assert.True(boosted < 0.6 * baseline, $"{boosted} against {baseline}");
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Fit_Quantile_HasThatShareOfNewLabelsBelow(double quantile)
    {
        var (training, test) = (Following("squared", 4000, 1), Following("squared", 4000, 2));
        var predictions = Fit(training, [new("quantile", quantile), new("trees", 60), new("learning-rate", 0.1), new("min-rows-per-leaf", 50), new("early-stopping-rounds", 0)])
            .Predict(test.Features);

        Assert.Equal(quantile, test.Labels.Zip(predictions).Count(pair => pair.First <= pair.Second) / 4000.0, 0.04);
    }

    [Fact]
    public void Fit_ValidationRows_StopEarlyForEveryTask()
    {
        foreach (var name in new[] { "multiclass", "squared", "median", "poisson" })
        {
            var training = Following(name, 300, 1);
            var model = Trainers.Get("gradient-boosting").Fit(TrainingData.Request(training, Following(name, 300, 2)) with
            {
                Hyperparameters = ImmutableSortedDictionary<string, double>.Empty.AddRange(Settings(name)).SetItem("trees", 1000).SetItem("learning-rate", 0.3),
            });
            var rounds = model.Scorers.Select(scorer => ((TreeScorer)scorer).Trees.Length).Distinct().Single();
            Assert.InRange(rounds, 1, 900);
        }
    }

    [Fact]
    public void Fit_Model_IsTheSameWhenReadAndRowByRow()
    {
        foreach (var name in new[] { "multiclass", "squared", "poisson" })
        {
            var rows = Following(name, 300, 1);
            var model = Fit(rows, Settings(name));
            var read = TrainedModel.Read(new MemoryStream(ModelBytes.Of(model)));
            var expected = model.Predict(rows.Features);
            Assert.Equal(expected, read.Predict(rows.Features));
            var row = new RowScorer(read, new RowFeatures { Label = "y" }, rows.Features.Schema).NewRow();
            var outputs = new double[model.Target.OutputCount];
            for (var i = 0; i < 20; i++)
            {
                row.Clear();
                foreach (var column in rows.Features.Columns)
                {
                    row.SetNumber(rows.Features.Columns.ToList().IndexOf(column), ((NumberColumn)column).Values[i]);
                }

                row.Predict(outputs);
                Assert.Equal(expected[(i * outputs.Length)..((i + 1) * outputs.Length)], outputs);
            }
        }
    }

    [Fact]
    public void Fit_LossThatDoesNotSuitTheLabels_IsRefused()
    {
        Assert.Equal("hyperparameter-unsuited", Code(Rows("binary", false), ("quantile", 0.5)));
        Assert.Equal("hyperparameter-unsuited", Code(Rows("multiclass", false), ("tweedie-power", 1)));
        Assert.Equal("hyperparameter-unsuited", Code(Rows("multiclass", false), ("positive-weight", 2)));
        Assert.Equal("hyperparameter-unsuited", Code(Rows("poisson", false), ("tweedie-power", 1.5), ("quantile", 0.5)));
        Assert.Equal("hyperparameter-out-of-range", Code(Rows("poisson", false), ("tweedie-power", 0.5)));
        var negative = Rows("poisson", false);
        negative.Labels[3] = -1;
        Assert.Equal("label-negative", Code(negative, ("tweedie-power", 1)));

        static string Code(LabeledRows rows, params (string, double)[] hyperparameters) => Assert.Throws<LearningException>(
            () => Trainers.Get("gradient-boosting").Fit(TrainingData.Request(rows, null, hyperparameters))).Code;
    }

    private static TrainedModel Fit(LabeledRows rows, IEnumerable<KeyValuePair<string, double>> settings) =>
        Trainers.Get("gradient-boosting").Fit(TrainingData.Request(rows, null, [.. settings.Select(pair => (pair.Key, pair.Value))]));

    private static KeyValuePair<string, double>[] Settings(string name) => name switch
    {
        "median" => [new("quantile", 0.5)],
        "quantile" => [new("quantile", 0.8)],
        "poisson" => [new("tweedie-power", 1)],
        "tweedie" => [new("tweedie-power", 1.5)],
        _ => [],
    };

    private static BoostingLoss Loss(string name, LabeledRows rows) => name switch
    {
        "binary" => new BinaryLoss(rows, 3),
        "multiclass" => new MulticlassLoss(rows),
        "squared" => new SquaredLoss(rows),
        "median" => new QuantileLoss(rows, 0.5),
        "quantile" => new QuantileLoss(rows, 0.8),
        "poisson" => new TweedieLoss(rows, 1),
        _ => new TweedieLoss(rows, 1.5),
    };

    private static LabeledRows Rows(string name, bool weighted)
    {
        var random = new SplitMix64(7);
        var x = Enumerable.Range(0, 40).Select(_ => random.NextUniform()).ToArray();
        var labels = x.Select(value => name switch
        {
            "binary" => random.NextUniform() < value ? 1 : 0,
            "multiclass" => Math.Floor((value + random.NextUniform()) * 1.5),
            "squared" or "median" or "quantile" => value + random.NextUniform(),
            _ => Math.Floor(3 * random.NextUniform() * (1 + value)),
        }).ToArray();
        return new LabeledRows(new Table(new NumberColumn("x", x)), labels)
        {
            Target = TargetOf(name),
            Weights = weighted ? [.. x.Select((_, row) => 1.0 + (row % 3))] : null,
        };
    }

    private static LabeledRows Following(string name, int rows, ulong seed)
    {
        var random = new SplitMix64(seed);
        var x = Enumerable.Range(0, rows).Select(_ => random.NextUniform() * 4).ToArray();
        var z = Enumerable.Range(0, rows).Select(_ => random.NextUniform() * 4).ToArray();
        var labels = x.Zip(z).Select(at => name switch
        {
            "multiclass" => at.First + (random.NextUniform() * 0.2) > 2 ? (at.Second > 2 ? 2 : 1) : 0.0,
            _ => Math.Max(Math.Round((2 * at.First) + (at.Second > 2 ? 6 : 0) + (2 * random.NextUniform()), 3), 0),
        }).ToArray();
        return new LabeledRows(new Table(new NumberColumn("x", x), new NumberColumn("z", z)), labels) { Target = TargetOf(name) };
    }

    private static Target TargetOf(string name) => name switch
    {
        "binary" => Target.Binary,
        "multiclass" => Target.Multiclass(["a", "b", "c"]),
        _ => Target.Regression,
    };
}
