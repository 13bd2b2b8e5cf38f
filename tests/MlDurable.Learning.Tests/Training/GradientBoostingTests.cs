using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class GradientBoostingTests
{
    private static readonly ITrainer Trainer = Trainers.Get("gradient-boosting");

    [Fact]
    public void Fit_ExclusiveOr_IsLearned()
    {
        var random = new SplitMix64(8);
        double[] a = [.. Enumerable.Range(0, 2000).Select(_ => random.NextUniform())];
        double[] b = [.. Enumerable.Range(0, 2000).Select(_ => random.NextUniform())];
        double[] labels = [.. a.Zip(b, (x, y) => x > 0.3 != y > 0.6 ? 1.0 : 0)];
        var rows = new LabeledRows(new Table(new NumberColumn("a", a), new NumberColumn("b", b)), labels);
        Assert.InRange(TestAuc.Of(labels, Trainer.Fit(TrainingData.Request(rows)).PredictProbability(rows.Features)), 0.99, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void Fit_MissingValuesWithOneLabel_AreRoutedToThatLabel(double labelOfMissing)
    {
        var random = new SplitMix64(2);
        double[] x = [.. Enumerable.Range(0, 1000).Select(row => row % 4 == 0 ? double.NaN : random.NextUniform())];
        double[] labels = [.. x.Select(value => double.IsNaN(value) ? labelOfMissing : random.NextInt(2))];
        var rows = new LabeledRows(new Table(new NumberColumn("x", x)), labels);
        var model = Trainer.Fit(TrainingData.Request(rows));
        var probability = model.PredictProbability(new Table(new NumberColumn("x", [double.NaN])))[0];
        Assert.InRange(Math.Abs(probability - labelOfMissing), 0, 0.05);
    }

    [Fact]
    public void Fit_MissingOrUnknownValueThatTrainingDidNotHave_GoesWithTheMajority()
    {
        double[] x = [.. Enumerable.Range(0, 100).Select(row => row < 30 ? 0.0 : 1.0)];
        string[] c = [.. Enumerable.Range(0, 100).Select(row => row % 2 == 0 ? "even" : "odd")];
        double[] labels = [.. x.Select((value, row) => value == 0 || row % 10 == 0 ? 1.0 : 0)];
        var rows = new LabeledRows(new Table(new NumberColumn("x", x), CategoryColumn.FromTexts("c", c)), labels);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("leaves", 2)));
        double Predict(double value) => model.PredictProbability(new Table(new NumberColumn("x", [value]), CategoryColumn.FromTexts("c", ["unknown"])))[0];
        Assert.Equal(Predict(1), Predict(double.NaN));
        Assert.NotEqual(Predict(0), Predict(double.NaN));
    }

    [Fact]
    public void Grow_OneSplit_IsTheBestOfAllSplits()
    {
        for (ulong seed = 0; seed < 30; seed++)
        {
            var random = new SplitMix64(seed);
            var columns = Enumerable.Range(0, 3)
                .Select(feature => Enumerable.Range(0, 60).Select(_ => random.NextInt(6) == 0 && feature > 0 ? double.NaN : random.NextInt(20)).ToArray())
                .ToArray();
            double[] gradients = [.. Enumerable.Range(0, 60).Select(_ => random.NextUniform() - 0.5)];
            double[] hessians = [.. Enumerable.Range(0, 60).Select(_ => 0.1 + random.NextUniform())];
            var settings = new TreeSettings(MaxLeaves: 2, MinRowsPerLeaf: 5, L2: 1.5, LearningRate: 1);
            var scores = new double[60];
            var tree = new TreeGrower(FeatureBins.Of(columns), settings, 60).Grow(gradients, hessians, scores);

            double Score(IEnumerable<int> rows) => Math.Pow(rows.Sum(row => gradients[row]), 2) / (rows.Sum(row => hessians[row]) + settings.L2);
            var best = (
                from column in columns
                from threshold in Enumerable.Range(0, 21)
                from missingLeft in new[] { false, true }
                let left = Enumerable.Range(0, 60).Where(row => double.IsNaN(column[row]) ? missingLeft : column[row] <= threshold).ToArray()
                let right = Enumerable.Range(0, 60).Except(left).ToArray()
                where left.Length >= settings.MinRowsPerLeaf && right.Length >= settings.MinRowsPerLeaf
                select Score(left) + Score(right)).Max();
            var leftRows = Enumerable.Range(0, 60).Where(row => scores[row] == tree.Value[1]).ToArray();
            Assert.Equal(best, Score(leftRows) + Score(Enumerable.Range(0, 60).Except(leftRows)), 1e-9);
            Assert.Equal(-leftRows.Sum(row => gradients[row]) / (leftRows.Sum(row => hessians[row]) + settings.L2), tree.Value[1], 1e-9);
        }
    }

    [Fact]
    public void Fit_ScoresWhileTraining_EqualThoseOfTheModel()
    {
        var rows = TrainingData.Awkward(700, 21);
        var fitted = FittedFeatures.Fit(rows.Features, new FeatureRecipe { Imputation = NumberImputation.None, Standardize = false, Encoding = CategoryEncoding.Ordinal, FoldRarerThan = 0 });
        var features = fitted.Apply(rows.Features);
        var random = new SplitMix64(1);
        double[] gradients = [.. rows.Labels.Select(label => random.NextUniform() - label)];
        double[] hessians = [.. rows.Labels.Select(_ => 0.25)];
        var scores = new double[700];
        var grower = new TreeGrower(FeatureBins.Of(features.Dense), new TreeSettings(20, 3, 1, 0.1), 700);
        Tree[] trees = [grower.Grow(gradients, hessians, scores), grower.Grow(hessians, hessians, scores), grower.Grow(gradients, hessians, scores)];
        Assert.Equal(scores, new TreeScorer(0, [.. trees]).LogOdds(features), new Within(1e-12));
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(8, 20)]
    [InlineData(31, 100)]
    public void Fit_LeavesAndRowsPerLeaf_AreKeptTo(int leaves, int minRows)
    {
        var rows = TrainingData.Logistic(3000, 5);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("leaves", leaves), ("min-rows-per-leaf", minRows), ("trees", 5)));
        var features = model.Features.Apply(rows.Features);
        foreach (var tree in ((TreeScorer)model.Scorer).Trees)
        {
            Assert.InRange(tree.Feature.Count(feature => feature < 0), 2, leaves);
            var values = new double[3000];
            tree.AddTo(values, features);
            Assert.InRange(values.GroupBy(value => value).Min(group => group.Count()), minRows, 3000);
        }
    }

    [Fact]
    public void Fit_WithValidationRows_StopsAtTheLowestLogLoss()
    {
        var training = TrainingData.Logistic(400, 6);
        var validation = TrainingData.Logistic(400, 7);
        (string, double)[] settings = [("trees", 400), ("leaves", 31), ("learning-rate", 0.3), ("early-stopping-rounds", 10)];
        var trees = ((TreeScorer)Trainer.Fit(TrainingData.Request(training, validation, settings)).Scorer).Trees;
        Assert.InRange(trees.Length, 1, 100);

        // Fitted again without early stopping, the trees are the same; the loss after each shows where the lowest is.
        var all = (TreeScorer)Trainer.Fit(TrainingData.Request(training, validation, [.. settings[..3], ("early-stopping-rounds", 0)])).Scorer;
        Assert.Equal(400, all.Trees.Length);
        var features = FittedFeatures.Fit(training.Features, new FeatureRecipe { Imputation = NumberImputation.None, Standardize = false, Encoding = CategoryEncoding.Ordinal, FoldRarerThan = 0 })
            .Apply(validation.Features);
        var losses = Enumerable.Range(0, trees.Length + 11).Select(count => new TreeScorer(all.Start, all.Trees[..count]).LogOdds(features)
            .Select((score, row) => Sigmoid.LogLoss(score, validation.Labels[row])).Sum()).ToArray();
        Assert.Equal(trees.Length, Array.IndexOf(losses, losses.Min()));
    }

    [Fact]
    public async Task Fit_OnOneTwoAndSevenThreads_GivesTheSameModelToTheLastBit()
    {
        var rows = TrainingData.Awkward(60_000, 12);
        var models = new List<byte[]>();
        foreach (var threads in new[] { 1, 2, 7, 7 })
        {
            var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
            models.Add(await Task.Factory.StartNew(
                () =>
                {
                    using var stream = new MemoryStream();
                    Trainer.Fit(TrainingData.Request(rows, null, ("trees", 10), ("leaves", 31))).Write(stream);
                    return stream.ToArray();
                },
                CancellationToken.None, TaskCreationOptions.None, scheduler));
        }

        Assert.All(models, model => Assert.Equal(models[0], model));
    }

    [Theory]
    [InlineData(255, 30)]
    [InlineData(256, 30)]
    [InlineData(1027, 30)]
    [InlineData(300, 1)]
    [InlineData(300, 64)]
    [InlineData(300, 150)]
    public void LogOdds_OfManyRows_AreThoseOfEachAloneToTheLastBit(int count, int trees)
    {
        var rows = TrainingData.Awkward(3000, 13);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("trees", trees), ("leaves", 31), ("min-rows-per-leaf", 5)));
        var features = model.Features.Apply(TrainingData.Awkward(count, 14).Features);

        var scores = model.Scorer.LogOdds(features);

        var rowByRow = model.Scorer.RowByRow();
        Assert.Equal(count, scores.Length);
        for (var row = 0; row < count; row++)
        {
            Assert.Equal(rowByRow([.. features.Dense.Select(column => column[row])], []), scores[row]);
        }
    }

    /// <summary>Both children of each node are the next one: laid out, such a file would be of 2 to the 60th nodes.</summary>
    [Fact]
    public void IsSound_NodesWithSeveralParentsOrNone_IsFalse()
    {
        var chain = Enumerable.Range(0, 61).ToArray();
        Assert.False(TreeOf([.. chain.Select(node => node < 60 ? 0 : -1)], [.. chain.Select(node => node + 1)], [.. chain.Select(node => node + 1)]).IsSound(1));
        Assert.False(TreeOf([0, 0, -1, -1, -1], [1, 3, 0, 0, 0], [2, 2, 0, 0, 0]).IsSound(1));
        Assert.False(TreeOf([0, -1, -1, -1], [1, 0, 0, 0], [2, 0, 0, 0]).IsSound(1));
        Assert.True(TreeOf([0, 0, -1, -1, -1], [1, 3, 0, 0, 0], [2, 4, 0, 0, 0]).IsSound(1));
    }

    [Fact]
    public void Of_ManyDifferentValues_MakesBinsOfEquallyManyRows()
    {
        double[] column = [.. Enumerable.Range(0, 100_000).Select(row => (double)((row * 7919) % 100_000))];
        var bins = FeatureBins.Of([column]);
        Assert.Equal(FeatureBins.MaxValueBins, bins.UpperBounds[0].Length);
        Assert.All(bins.BinOf[0].GroupBy(bin => bin), bin => Assert.InRange(bin.Count(), 380, 400));
    }

    [Fact]
    public void Of_AnyColumn_OrdersBinsLikeValues()
    {
        var random = new SplitMix64(77);
        for (var i = 0; i < 200; i++)
        {
            var different = 1 + random.NextInt(600);
            double[] column = [.. Enumerable.Range(0, 1 + random.NextInt(1000)).Select(_ => random.NextInt(9) == 0 ? double.NaN : random.NextInt(different) * 1e-3)];
            var bins = FeatureBins.Of([column]);
            var upper = bins.UpperBounds[0];
            Assert.InRange(upper.Length, 1, FeatureBins.MaxValueBins);
            for (var row = 0; row < column.Length; row++)
            {
                var bin = bins.BinOf[0][row];
                Assert.True(double.IsNaN(column[row]) ? bin == upper.Length : column[row] <= upper[bin] && (bin == 0 || column[row] > upper[bin - 1]));
            }

            if (column.Where(value => !double.IsNaN(value)).Distinct().Count() <= FeatureBins.MaxValueBins)
            {
                Assert.Equal(Math.Max(1, column.Where(value => !double.IsNaN(value)).Distinct().Count()), upper.Length);
            }
        }
    }

    [Fact]
    public void Of_NeighbouringDoubles_AreToldApart()
    {
        double[] column = [1, Math.BitIncrement(1), double.Epsilon, 0, double.MaxValue, -double.MaxValue];
        Assert.Equal(column.Length, FeatureBins.Of([column]).BinOf[0].Distinct().Count());
    }

    private static Tree TreeOf(ImmutableArray<int> feature, ImmutableArray<int> left, ImmutableArray<int> right) => new(
        feature, [.. feature.Select(_ => 0.0)], [.. feature.Select(_ => true)], left, right, [.. feature.Select(_ => 1.0)]);
}
