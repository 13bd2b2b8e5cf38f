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
    [InlineData(0.1, new[] { 0.865784947, -0.37783516, 0.073193699, 1.170761807, -1.243955506, 0.303728064 }, 122.230980291)]
    [InlineData(1.0, new[] { 0.8268786, -0.367109523, 0.050137257, 1.069128772, -1.119266029, 0.298235521 }, 123.805249309)]
    [InlineData(10.0, new[] { 0.638865708, -0.321304101, -0.007530196, 0.613396962, -0.605866767, 0.254911269 }, 132.541849049)]
    public void Fit_SameRowsAsScikitLearn_FindsItsWeights(double l2, double[] expected, double expectedLoss)
    {
        var rows = TrainingData.Logistic(300, 42);
        Assert.Equal(79, rows.Labels.Sum());
        var request = TrainingData.Request(rows, null, ("l2", l2)) with { Recipe = new FeatureRecipe { Standardize = false, FoldRarerThan = 0 } };
        var model = Trainer.Fit(request);
        var scorer = (LinearScorer)model.Scorer;
        Assert.Equal(expected, [.. scorer.Weights, scorer.Intercept], new Within(2e-6));
        var probabilities = model.PredictProbability(rows.Features);
        var loss = rows.Labels.Select((label, row) => -Math.Log(label == 1 ? probabilities[row] : 1 - probabilities[row])).Sum()
            + (l2 / 2 * scorer.Weights.Sum(weight => weight * weight));
        Assert.Equal(expectedLoss, loss, 1e-8);
    }

    [Fact]
    public void Evaluate_AtAnyPoint_GivesTheGradientOfTheValue()
    {
        var rows = TrainingData.Awkward(200, 3);
        var fitted = FittedFeatures.Fit(rows.Features, new FeatureRecipe { FoldRarerThan = 5 });
        var objective = new LogisticObjective(fitted.Apply(rows.Features), rows.Labels, 0.7);
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
    public void Fit_SeparableRowsWithoutPenalty_EndsWithProbabilitiesNearTheLabels()
    {
        var rows = new LabeledRows(new Table(new NumberColumn("x", [1, 2, 3, 4])), [0, 0, 1, 1]);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("l2", 0)));
        Assert.Equal(rows.Labels, model.PredictProbability(rows.Features), new Within(1e-3));
    }

    [Fact]
    public void Fit_OnReorderedRows_PredictsTheSame()
    {
        var rows = TrainingData.Awkward(500, 11);
        var order = Enumerable.Range(0, 500).ToArray();
        new SplitMix64(4).Shuffle<int>(order);
        var expected = Trainer.Fit(TrainingData.Request(rows)).PredictProbability(rows.Features);
        var actual = Trainer.Fit(TrainingData.Request(TrainingData.Take(rows, order))).PredictProbability(rows.Features);
        Assert.Equal(expected, actual, new Within(1e-6));
    }

    [Fact]
    public async Task Fit_OnOneTwoAndSevenThreads_GivesTheSameModelToTheLastBit()
    {
        var rows = TrainingData.Awkward(20_000, 12);
        var models = new List<byte[]>();
        foreach (var threads in new[] { 1, 2, 7, 7 })
        {
            var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
            models.Add(await Task.Factory.StartNew(() => Bytes(Trainer.Fit(TrainingData.Request(rows))), CancellationToken.None, TaskCreationOptions.None, scheduler));
        }

        Assert.All(models, model => Assert.Equal(models[0], model));
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
    public void PredictProbability_MissingNumberThatTrainingDidNotHave_IsTheMean()
    {
        var rows = TrainingData.Logistic(100, 1);
        var model = Trainer.Fit(TrainingData.Request(rows) with { Recipe = new FeatureRecipe { Imputation = NumberImputation.None } });
        var mean = ((NumberColumn)rows.Features["x1"]).Values.ToArray().Average();
        double[] Predict(double x1) => model.PredictProbability(
            new Table(new NumberColumn("x1", [x1]), new NumberColumn("x2", [1]), CategoryColumn.FromTexts("c", ["a"])));
        Assert.Equal(Predict(mean)[0], Predict(double.NaN)[0], 1e-12);
    }

    [Fact]
    public void Fit_MaxIterationsReached_StillGivesAModel()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("max-iterations", 1)));
        Assert.InRange(TestAuc.Of(rows.Labels, model.PredictProbability(rows.Features)), 0.6, 1);
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

    private static byte[] Bytes(BinaryModel model)
    {
        using var stream = new MemoryStream();
        model.Write(stream);
        return stream.ToArray();
    }
}
