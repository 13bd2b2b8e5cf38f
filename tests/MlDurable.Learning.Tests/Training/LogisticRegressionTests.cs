using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class LogisticRegressionTests
{
    private static readonly ITrainer Trainer = Trainers.Get("logistic-regression");

    // scikit-learn 1.2.1, printed by logistic_reference.py beside this file: weights of x1, x2, a, b and c, intercept, value of the
    // objective.
    [Theory]
    [InlineData(0.1, 1, new[] { 0.865784947, -0.37783516, 0.073193699, 1.170761807, -1.243955506, 0.303728064 }, 122.230980291)]
    [InlineData(1.0, 1, new[] { 0.8268786, -0.367109523, 0.050137257, 1.069128772, -1.119266029, 0.298235521 }, 123.805249309)]
    [InlineData(10.0, 1, new[] { 0.638865708, -0.321304101, -0.007530196, 0.613396962, -0.605866767, 0.254911269 }, 132.541849049)]
    [InlineData(1.0, 4, new[] { 0.776958268, -0.372448199, 0.075418969, 1.099585085, -1.175004054, 1.684429195 }, 255.594830806)]
    [InlineData(1.0, 0.25, new[] { 0.81170799, -0.350348988, 0.02601175, 0.912188386, -0.938200136, -1.076602395 }, 52.648317349)]
    public void Fit_SameRowsAsScikitLearn_FindsItsWeights(double l2, double positiveWeight, double[] expected, double expectedLoss)
    {
        var rows = TrainingData.Logistic(300, 42);
        Assert.Equal(79, rows.Labels.Sum());
        var request = TrainingData.Request(rows, null, ("l2", l2), ("positive-weight", positiveWeight)) with
        {
            Recipe = new FeatureRecipe { Standardize = false, FoldRarerThan = 0 },
        };
        var model = Trainer.Fit(request);
        var scorer = (LinearScorer)model.Scorer;
        Assert.Equal(expected, [.. scorer.Weights, scorer.Intercept], new Within(2e-6));
        var probabilities = model.Predict(rows.Features);
        var loss = rows.Labels.Select((label, row) => label == 1 ? -positiveWeight * Math.Log(probabilities[row]) : -Math.Log(1 - probabilities[row])).Sum()
            + (l2 / 2 * scorer.Weights.Sum(weight => weight * weight));
        Assert.Equal(expectedLoss, loss, 1e-8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Evaluate_AtAnyPoint_GivesTheGradientOfTheValue(double positiveWeight)
    {
        var rows = TrainingData.Awkward(200, 3);
        var fitted = FittedFeatures.Fit(rows.Features, new FeatureRecipe { FoldRarerThan = 5 });
        var objective = new LogisticObjective(fitted.Apply(rows.Features), rows.Labels, 0.7, positiveWeight);
        var random = new SplitMix64(9);
        var point = Enumerable.Range(0, fitted.OutputNames.Length + 1).Select(_ => random.NextUniform() - 0.5).ToArray();
        var gradient = new double[point.Length];
        objective.Evaluate(point, gradient);
        const double Step = 1e-6;
        for (var i = 0; i < point.Length; i++)
        {
            double At(double offset)
            {
                var moved = (double[])point.Clone();
                moved[i] += offset;
                return objective.Evaluate(moved, new double[point.Length]);
            }

            Assert.Equal((At(Step) - At(-Step)) / (2 * Step), gradient[i], 1e-5);
        }
    }

    [Fact]
    public void Evaluate_PositiveWeightOfOne_IsToTheLastBitThatOfVersionsWithoutWeights()
    {
        // Version 3 of the trainer is older than the weight: its models must keep their bytes.
        var rows = TrainingData.Awkward(600, 21);
        var features = FittedFeatures.Fit(rows.Features, new FeatureRecipe { FoldRarerThan = 5 }).Apply(rows.Features);
        var objective = new LogisticObjective(features, rows.Labels, 0.3, 1);
        var random = new SplitMix64(22);
        for (var round = 0; round < 50; round++)
        {
            var point = Enumerable.Range(0, features.FeatureCount + 1).Select(_ => 6 * (random.NextUniform() - 0.5)).ToArray();
            var (value, gradient) = ObjectiveWithoutWeights(features, rows.Labels, 0.3, point);
            var actual = new double[point.Length];
            Assert.Equal(value, objective.Evaluate(point, actual));
            Assert.Equal(gradient, actual);
        }
    }

    [Fact]
    public void Fit_WholePositiveWeight_IsThatManyCopiesOfThePositiveRows()
    {
        var rows = TrainingData.Awkward(300, 23);
        var copied = TrainingData.Take(rows, [.. Enumerable.Range(0, 300).SelectMany(row => Enumerable.Repeat(row, rows.Labels[row] == 1 ? 3 : 1))]);
        var features = FittedFeatures.Fit(rows.Features, new FeatureRecipe { FoldRarerThan = 0 });
        double[] Minimum(LabeledRows of, double weight)
        {
            var point = new double[features.OutputNames.Length + 1];
            Lbfgs.Minimize(new LogisticObjective(features.Apply(of.Features), of.Labels, 1, weight).Evaluate, point, 1e-8, 1000, _ => { });
            return point;
        }

        Assert.Equal(Minimum(copied, 1), Minimum(rows, 3), new Within(1e-7));
    }

    [Theory]
    [InlineData("logistic-regression")]
    [InlineData("elastic-net")]
    public void Fit_GreaterPositiveWeight_RaisesTheProbabilities(string trainer)
    {
        // With a free intercept the weighted sum of the residuals is 0: 79 positive rows of 300, each counted three times, are the mean of the weighted rows.
        var rows = TrainingData.Logistic(300, 42);
        var probabilities = Trainers.Get(trainer).Fit(TrainingData.Request(rows, null, ("positive-weight", 3))).Predict(rows.Features);
        Assert.Equal(0, rows.Labels.Zip(probabilities, (label, probability) => label == 1 ? 3 * (probability - 1) : probability).Sum(), 1e-5);
    }

    [Fact]
    public void Fit_SeparableRowsWithoutPenalty_EndsWithProbabilitiesNearTheLabels()
    {
        var rows = new LabeledRows(new Table(new NumberColumn("x", [1, 2, 3, 4])), [0, 0, 1, 1]);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("l2", 0)));
        Assert.Equal(rows.Labels, model.Predict(rows.Features), new Within(1e-3));
    }

    [Fact]
    public void Fit_OnReorderedRows_PredictsTheSame()
    {
        var rows = TrainingData.Awkward(500, 11);
        var order = Enumerable.Range(0, 500).ToArray();
        new SplitMix64(4).Shuffle<int>(order);
        var expected = Trainer.Fit(TrainingData.Request(rows)).Predict(rows.Features);
        var actual = Trainer.Fit(TrainingData.Request(TrainingData.Take(rows, order))).Predict(rows.Features);
        Assert.Equal(expected, actual, new Within(1e-6));
    }

    [Fact]
    public void Fit_MissingNumbersWithoutImputation_IsRefusedByName()
    {
        var rows = TrainingData.Awkward(100, 1);
        var request = TrainingData.Request(rows) with { Recipe = new FeatureRecipe { Imputation = NumberImputation.None } };
        var exception = Assert.Throws<LearningException>(() => Trainer.Fit(request));
        Assert.Equal("missing-numbers", exception.Code);
        Assert.Contains("'x2'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_MissingNumberThatTrainingDidNotHave_IsTheMean()
    {
        var rows = TrainingData.Logistic(100, 1);
        var model = Trainer.Fit(TrainingData.Request(rows) with { Recipe = new FeatureRecipe { Imputation = NumberImputation.None } });
        var mean = ((NumberColumn)rows.Features["x1"]).Values.ToArray().Average();
        double[] Predict(double x1) => model.Predict(
            new Table(new NumberColumn("x1", [x1]), new NumberColumn("x2", [1]), CategoryColumn.FromTexts("c", ["a"])));
        Assert.Equal(Predict(mean)[0], Predict(double.NaN)[0], 1e-12);
    }

    [Fact]
    public void Fit_MaxIterationsReached_StillGivesAModel()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("max-iterations", 1)));
        Assert.InRange(TestAuc.Of(rows.Labels, model.Predict(rows.Features)), 0.6, 1);
    }

    [Fact]
    public void Minimize_Rosenbrock_FindsTheMinimum()
    {
        double[] point = [-1.2, 1];
        Lbfgs.Minimize(
            (at, gradient) =>
            {
                var (a, b) = (1 - at[0], at[1] - (at[0] * at[0]));
                gradient[0] = (-2 * a) - (400 * at[0] * b);
                gradient[1] = 200 * b;
                return (a * a) + (100 * b * b);
            },
            point,
            1e-9,
            200,
            _ => { });
        Assert.Equal([1, 1], point, new Within(1e-7));
    }

    /// <summary>The objective as it was before there were weights, in the same order of additions, for fewer rows than make two parts.</summary>
    private static (double Value, double[] Gradient) ObjectiveWithoutWeights(FeatureMatrix features, double[] labels, double l2, double[] point)
    {
        const int BlockRows = 512;
        const int PerLogarithm = 32;
        var (penalty, loss) = (0.0, 0.0);
        var gradient = new double[point.Length];
        var sums = new double[point.Length];
        for (var i = 0; i < point.Length - 1; i++)
        {
            penalty += l2 / 2 * point[i] * point[i];
            gradient[i] = l2 * point[i];
        }

        for (var start = 0; start < labels.Length; start += BlockRows)
        {
            var block = new double[Math.Min(BlockRows, labels.Length - start)];
            LinearScorer.Compute(block, features, start, point.AsSpan(0, point.Length - 1), point[^1]);
            var blockLoss = 0.0;
            for (var first = 0; first < block.Length; first += PerLogarithm)
            {
                var product = 1.0;
                for (var row = first; row < Math.Min(first + PerLogarithm, block.Length); row++)
                {
                    var odds = Math.Exp(-Math.Abs(block[row]));
                    var label = labels[start + row];
                    blockLoss += Math.Max(label > 0 ? -block[row] : block[row], 0);
                    product *= 1 + odds;
                    block[row] = ((block[row] >= 0 ? 1 : odds) / (1 + odds)) - label;
                }

                blockLoss += Math.Log(product);
            }

            loss += blockLoss;
            for (var i = 0; i < features.Dense.Length; i++)
            {
                sums[i] += FixedLanes.Dot(block, features.Dense[i].AsSpan(start, block.Length));
            }

            for (var row = 0; row < block.Length; row++)
            {
                foreach (var feature in features.Hot.Select(levels => levels[start + row]).Where(feature => feature >= 0))
                {
                    sums[feature] += block[row];
                }

                sums[^1] += block[row];
            }
        }

        return (penalty + loss, [.. gradient.Zip(sums, (first, second) => first + second)]);
    }
}
