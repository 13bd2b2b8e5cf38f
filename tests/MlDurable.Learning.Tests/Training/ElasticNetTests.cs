using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class ElasticNetTests
{
    private static readonly ITrainer Trainer = Trainers.Get("elastic-net");

    // scikit-learn 1.2.1, printed by logistic_reference.py beside this file: weights of x1, x2, a, b and c, intercept, value of the objective.
    [Theory]
    [InlineData(1, 0.5, 1, new[] { 0.82521702, -0.366045122, 0, 1.022672111, -1.170347095, 0.343251699 }, 124.693758516)]
    [InlineData(10, 0.5, 1, new[] { 0.594388666, -0.304616047, 0, 0.513215377, -0.476798603, 0.201835584 }, 140.007420191)]
    [InlineData(10, 1, 1, new[] { 0.539834779, -0.286274607, 0, 0.364545784, -0.249414592, 0.134513438 }, 146.534841252)]
    [InlineData(3, 0.1, 1, new[] { 0.761998843, -0.349704022, 0, 0.890453448, -0.939458615, 0.300884496 }, 127.096919107)]
    [InlineData(40, 0.9, 1, new[] { 0.138883879, -0.20072181, 0, 0, 0, -0.106761611 }, 162.770037744)]
    [InlineData(10, 0.5, 3, new[] { 0.654571649, -0.32823962, 0, 0.719783987, -0.748168917, 1.307510581 }, 241.588131367)]
    [InlineData(40, 0.9, 3, new[] { 0.362106859, -0.248002139, 0, 0, 0, 1.110057054 }, 281.180474724)]
    public void Fit_SameRowsAsScikitLearn_FindsItsWeightsAndItsZeros(
        double penalty, double l1Ratio, double positiveWeight, double[] expected, double expectedLoss)
    {
        var rows = TrainingData.Logistic(300, 42);
        var request = TrainingData.Request(rows, null, ("penalty", penalty), ("l1-ratio", l1Ratio), ("positive-weight", positiveWeight)) with
        {
            Recipe = new FeatureRecipe { Standardize = false, FoldRarerThan = 0 },
        };
        var model = Trainer.Fit(request);
        var scorer = (LinearScorer)model.Scorer;
        Assert.Equal(expected, [.. scorer.Weights, scorer.Intercept], new Within(1e-8));
        Assert.Equal(expected[..^1].Select(weight => weight == 0), scorer.Weights.Select(weight => weight == 0));
        var probabilities = model.Predict(rows.Features);
        var loss = rows.Labels.Select((label, row) => label == 1 ? -positiveWeight * Math.Log(probabilities[row]) : -Math.Log(1 - probabilities[row])).Sum()
            + (penalty * scorer.Weights.Sum(weight => (l1Ratio * Math.Abs(weight)) + ((1 - l1Ratio) / 2 * weight * weight)));
        Assert.Equal(expectedLoss, loss, 1e-8);
    }

    [Fact]
    public void Fit_AnyRowsAndPenalties_FulfilsTheConditionsOfTheMinimum()
    {
        var cases =
            from rows in Gen.Choose(20, 400)
            from seed in Gen.Choose(0, 1_000_000)
            from penalty in Gen.Elements(0.01, 0.3, 2, 15)
            from l1Ratio in Gen.Elements(0, 0.2, 0.5, 0.95, 1)
            from positiveWeight in Gen.Elements(0.01, 1, 1, 40)
            from foldRarerThan in Gen.Elements(0, 5)
            select (rows, seed, penalty, l1Ratio, positiveWeight, foldRarerThan);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var rows = TrainingData.Awkward(item.rows, (ulong)item.seed);
            rows = rows with { Labels = [1, 0, .. rows.Labels[2..]] };
            var request = TrainingData.Request(rows, null, ("penalty", item.penalty), ("l1-ratio", item.l1Ratio), ("positive-weight", item.positiveWeight));
            var model = Trainer.Fit(request with { Recipe = new FeatureRecipe { FoldRarerThan = item.foldRarerThan } });
            var scorer = (LinearScorer)model.Scorer;
            var features = model.Features.Apply(rows.Features);
            var residuals = model.Predict(rows.Features)
                .Zip(rows.Labels, (probability, label) => (probability - label) * (label == 1 ? item.positiveWeight : 1)).ToArray();
            var tolerance = 1e-8 * item.rows * Math.Max(1, item.positiveWeight);
            Assert.Equal(0, residuals.Sum(), tolerance);
            for (var i = 0; i < scorer.Weights.Length; i++)
            {
                var weight = scorer.Weights[i];
                var slope = residuals.Select((residual, row) => residual * Value(features, i, row)).Sum() + (item.penalty * (1 - item.l1Ratio) * weight);
                var lasso = item.penalty * item.l1Ratio;
                if (weight == 0)
                {
                    Assert.InRange(Math.Abs(slope), 0, lasso + tolerance);
                }
                else
                {
                    Assert.Equal(-Math.Sign(weight) * lasso, slope, tolerance);
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(10)]
    public void Fit_NothingOnMagnitudes_IsLogisticRegression(double penalty)
    {
        var rows = TrainingData.Awkward(500, 7);
        var expected = Trainers.Get("logistic-regression").Fit(TrainingData.Request(rows, null, ("l2", penalty)));
        var actual = Trainer.Fit(TrainingData.Request(rows, null, ("penalty", penalty), ("l1-ratio", 0)));
        Assert.Equal(((LinearScorer)expected.Scorer).Weights, ((LinearScorer)actual.Scorer).Weights, new Within(1e-6));
    }

    [Fact]
    public void Fit_PenaltyThatIsJustTooGreat_LeavesNoWeight()
    {
        // The greatest derivative of the loss by a weight where there is none: above it, on magnitudes alone, no weight pays.
        var rows = TrainingData.Logistic(300, 42);
        var features = FittedFeatures.Fit(rows.Features, new FeatureRecipe()).Apply(rows.Features);
        var share = rows.Labels.Average();
        var greatest = Enumerable.Range(0, features.FeatureCount)
            .Max(feature => Math.Abs(rows.Labels.Select((label, row) => (label - share) * Value(features, feature, row)).Sum()));
        int WeightsAt(double penalty) =>
            ((LinearScorer)Trainer.Fit(TrainingData.Request(rows, null, ("penalty", penalty), ("l1-ratio", 1))).Scorer).Weights.Count(weight => weight != 0);
        Assert.Equal(0, WeightsAt(greatest * 1.0001));
        Assert.Equal(1, WeightsAt(greatest * 0.9999));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Minimize_CategoryWithinAWiderOne_NeedsFewSteps(double l1Ratio)
    {
        // Towns lie in states, so that the weights of both can be traded for each other and for the intercept, where coordinate descent alone crawls.
        const double Penalty = 1;
        var random = new SplitMix64(8);
        var towns = Enumerable.Range(0, 4000).Select(_ => random.NextInt(60)).ToArray();
        var labels = towns.Select(town => random.NextUniform() < 1 / (1 + Math.Exp(2 - (town % 7 * 0.5) + (town / 10 * 0.3))) ? 1.0 : 0).ToArray();
        var table = new Table(
            CategoryColumn.FromTexts("state", towns.Select(town => $"state {town / 10}")),
            CategoryColumn.FromTexts("town", towns.Select(town => $"town {town}")));
        var features = FittedFeatures.Fit(table, new FeatureRecipe()).Apply(table);
        var lasso = new LassoPenalty(Penalty * l1Ratio);
        var l2 = Penalty * (1 - l1Ratio);
        var point = new double[features.FeatureCount + 1];
        var steps = ElasticNet.Minimize(new LogisticObjective(features, labels, l2, 1), lasso, point, 1e-6, 100, _ => { });
        Assert.InRange(steps, 2, 20);
        var gradient = new double[point.Length];
        new LogisticObjective(features, labels, l2, 1).Evaluate(point, gradient);
        Assert.InRange(lasso.Violation(point, gradient), 0, 1e-6);
    }

    [Fact]
    public void Fit_SeparableRowsWithoutPenalty_EndsWithProbabilitiesNearTheLabels()
    {
        var rows = new LabeledRows(new Table(new NumberColumn("x", [1, 2, 3, 4])), [0, 0, 1, 1]);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("penalty", 0)));
        Assert.Equal(rows.Labels, model.Predict(rows.Features), new Within(1e-3));
    }

    [Fact]
    public void Fit_NumbersOfAnySize_GivesAModel()
    {
        var rows = TrainingData.Logistic(200, 6);
        var x1 = ((NumberColumn)rows.Features["x1"]).Values.ToArray();
        foreach (var size in new[] { 1e-300, 1e-30, 1e30, 1e300 })
        {
            var x1OfSize = new NumberColumn("x1", [.. x1.Select(value => value * size)]);
            var scaled = rows with { Features = new Table(x1OfSize, rows.Features["x2"], rows.Features["c"]) };
            var model = Trainer.Fit(TrainingData.Request(scaled) with { Recipe = new FeatureRecipe { Standardize = false } });
            Assert.All(model.Predict(scaled.Features), probability => Assert.InRange(probability, 0, 1));
        }
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
        var request = TrainingData.Request(TrainingData.Awkward(100, 1)) with { Recipe = new FeatureRecipe { Imputation = NumberImputation.None } };
        var exception = Assert.Throws<LearningException>(() => Trainer.Fit(request));
        Assert.Equal("missing-numbers", exception.Code);
        Assert.StartsWith("elastic-net cannot use", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'x2'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_MaxIterationsReached_StillGivesAModel()
    {
        var rows = TrainingData.Logistic(300, 42);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("max-iterations", 1)));
        Assert.InRange(TestAuc.Of(rows.Labels, model.Predict(rows.Features)), 0.6, 1);
    }

    private static double Value(FeatureMatrix features, int feature, int row) =>
        feature < features.Dense.Length ? features.Dense[feature][row] : features.Hot.Any(block => block[row] == feature) ? 1 : 0;
}
