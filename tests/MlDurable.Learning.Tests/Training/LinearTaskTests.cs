using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

/// <summary>Weighted sums of numbers and of several classes, and weights of rows.</summary>
public sealed class LinearTaskTests
{
    private static readonly LabeledRows Binary = TrainingData.Logistic(300, 4);

    private static readonly LabeledRows Numbers = Binary with { Target = Target.Regression, Labels = Following(Binary) };

    private static readonly LabeledRows Classes = Binary with { Target = Target.Multiclass(["low", "middle", "high"]), Labels = Array.ConvertAll(Following(Binary), value => value < -2 ? 0.0 : value < 1 ? 1 : 2) };

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(30)]
    public void Fit_Ridge_SolvesTheNormalEquations(double l2)
    {
        var model = Fit("ridge", Numbers, ("l2", l2));
        var scorer = (LinearScorer)model.Scorer;
        var features = model.Features.Apply(Numbers.Features);
        var errors = model.Predict(Numbers.Features).Zip(Numbers.Labels, (prediction, label) => prediction - label).ToArray();

        Assert.Equal(0, errors.Sum(), 1e-6);
        for (var feature = 0; feature < features.FeatureCount; feature++)
        {
            var column = Enumerable.Range(0, features.Rows).Select(row => feature < features.Dense.Length ? features.Dense[feature][row] : features.Hot[0][row] == feature ? 1.0 : 0);
            Assert.Equal(-l2 * scorer.Weights[feature], column.Zip(errors, (cell, error) => cell * error).Sum(), 1e-6);
        }
    }

    [Fact]
    public void Fit_ElasticNetWithoutL1_IsRidge() => Assert.Equal(
        Fit("ridge", Numbers, ("l2", 3)).Predict(Numbers.Features), Fit("elastic-net", Numbers, ("penalty", 3), ("l1-ratio", 0)).Predict(Numbers.Features), new Within(1e-6));

    [Fact]
    public void Fit_ElasticNetOfNumbers_MeetsTheConditionsOfTheLasso()
    {
        const double penalty = 40;
        var model = Fit("elastic-net", Numbers, ("penalty", penalty), ("l1-ratio", 1));
        var weights = ((LinearScorer)model.Scorer).Weights;
        var features = model.Features.Apply(Numbers.Features);
        var errors = model.Predict(Numbers.Features).Zip(Numbers.Labels, (prediction, label) => prediction - label).ToArray();

        Assert.Contains(weights, weight => weight == 0);
        Assert.Contains(weights, weight => weight != 0);
        for (var feature = 0; feature < features.FeatureCount; feature++)
        {
            var slope = Enumerable.Range(0, features.Rows)
                .Sum(row => errors[row] * (feature < features.Dense.Length ? features.Dense[feature][row] : features.Hot[0][row] == feature ? 1 : 0));
            if (weights[feature] == 0)
            {
                Assert.InRange(Math.Abs(slope), 0, penalty + 1e-4);
            }
            else
            {
                Assert.Equal(-penalty * Math.Sign(weights[feature]), slope, 1e-4);
            }
        }
    }

    // Two classes with weights of opposite signs have half the penalty of one weight twice as great.
    [Fact]
    public void Fit_SoftmaxOfTwoClasses_IsLogisticRegressionWithHalfThePenalty()
    {
        var two = Binary with { Target = Target.Multiclass(["no", "yes"]) };
        var softmax = Fit("logistic-regression", two, ("l2", 2)).Predict(Binary.Features);
        var logistic = Fit("logistic-regression", Binary, ("l2", 1)).Predict(Binary.Features);

        Assert.Equal(logistic, softmax.Where((_, place) => place % 2 == 1), new Within(1e-5));
    }

    [Fact]
    public void Fit_SoftmaxOfThreeClasses_IsFarBetterThanTheBaselineAndItsWeightsAddUpToNothing()
    {
        var model = Fit("logistic-regression", Classes);
        var baseline = Trainers.Get("baseline").Fit(TrainingData.Request(Classes));

        Assert.True(MulticlassMetrics.LogLoss(Classes.Labels, model.Predict(Classes.Features)) < 0.6 * MulticlassMetrics.LogLoss(Classes.Labels, baseline.Predict(Classes.Features)));
        for (var feature = 0; feature < ((LinearScorer)model.Scorers[0]).Weights.Length; feature++)
        {
            Assert.Equal(0, model.Scorers.Sum(scorer => ((LinearScorer)scorer).Weights[feature]), 1e-6);
        }

        var read = TrainedModel.Read(new MemoryStream(ModelBytes.Of(model)));
        Assert.Equal(model.Predict(Classes.Features), read.Predict(Classes.Features));
    }

    [Theory]
    [InlineData("ridge")]
    [InlineData("elastic-net")]
    [InlineData("logistic-regression")]
    public void Fit_WholeWeights_IsAsManyRows(string trainer)
    {
        foreach (var rows in new[] { Binary, Numbers, Classes }.Where(rows => Trainers.Get(trainer).Tasks.Contains(rows.Target.Task)))
        {
            var weights = Enumerable.Range(0, rows.Labels.Length).Select(row => (double)(row % 3)).ToArray();
            var repeated = rows.Take([.. weights.SelectMany((weight, row) => Enumerable.Repeat(row, (int)weight))]);

            // The means and deviations of standardisation count rows, not weights.
            Assert.Equal(Unscaled(repeated).Predict(rows.Features), Unscaled(rows with { Weights = weights }).Predict(rows.Features), new Within(1e-4));
        }

        TrainedModel Unscaled(LabeledRows rows) =>
            Trainers.Get(trainer).Fit(TrainingData.Request(rows) with { Recipe = new FeatureRecipe { Standardize = false, FoldRarerThan = 0 } });
    }

    [Fact]
    public void Fit_PositiveWeightWithoutAPositiveClass_IsRefused()
    {
        Assert.Equal("hyperparameter-unsuited", Code("logistic-regression", Classes));
        Assert.Equal("hyperparameter-unsuited", Code("elastic-net", Numbers));

        static string Code(string trainer, LabeledRows rows) => Assert.Throws<LearningException>(() => Fit(trainer, rows, ("positive-weight", 2))).Code;
    }

    private static TrainedModel Fit(string trainer, LabeledRows rows, params (string, double)[] hyperparameters) =>
        Trainers.Get(trainer).Fit(TrainingData.Request(rows, null, hyperparameters));

    private static double[] Following(LabeledRows rows)
    {
        var random = new SplitMix64(9);
        var x1 = ((NumberColumn)rows.Features["x1"]).Values.ToArray();
        var x2 = ((NumberColumn)rows.Features["x2"]).Values.ToArray();
        return [.. x1.Zip(x2, (first, second) => (2 * first) - (0.5 * second) + random.NextUniform())];
    }
}
