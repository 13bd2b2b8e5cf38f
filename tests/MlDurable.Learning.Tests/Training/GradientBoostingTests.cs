using System.Collections.Immutable;
using System.Numerics;
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
        Assert.InRange(TestAuc.Of(labels, Trainer.Fit(TrainingData.Request(rows)).Predict(rows.Features)), 0.99, 1);
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
        var probability = model.Predict(new Table(new NumberColumn("x", [double.NaN])))[0];
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
        double Predict(double value) => model.Predict(new Table(new NumberColumn("x", [value]), CategoryColumn.FromTexts("c", ["unknown"])))[0];
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
    public void Grow_OneSplitWithPenalties_IsTheBestOfThoseThatGainEnough()
    {
        var isWithoutSplit = new List<bool>();
        for (ulong seed = 0; seed < 40; seed++)
        {
            var random = new SplitMix64(seed);
            double[] column = [.. Enumerable.Range(0, 60).Select(_ => (double)random.NextInt(20))];
            double[] gradients = [.. Enumerable.Range(0, 60).Select(_ => random.NextUniform() - 0.5)];
            double[] hessians = [.. Enumerable.Range(0, 60).Select(_ => 0.1 + random.NextUniform())];
            var settings = new TreeSettings(MaxLeaves: 2, MinRowsPerLeaf: 1, L2: 1.5, LearningRate: 1) { L1 = 0.4, MinGain = 0.2 };
            var scores = new double[60];
            var tree = new TreeGrower(FeatureBins.Of([column]), settings, 60).Grow(gradients, hessians, scores);

            double Gradient(IEnumerable<int> rows)
            {
                var sum = rows.Sum(row => gradients[row]);
                return Math.Sign(sum) * Math.Max(Math.Abs(sum) - settings.L1, 0);
            }

            double Hessian(IEnumerable<int> rows) => rows.Sum(row => hessians[row]) + settings.L2;
            double Score(IEnumerable<int> rows) => Math.Pow(Gradient(rows), 2) / Hessian(rows);
            int[] all = [.. Enumerable.Range(0, 60)];
            var best = (
                from threshold in Enumerable.Range(0, 19)
                let left = all.Where(row => column[row] <= threshold).ToArray()
                select Score(left) + Score(all.Except(left)) - Score(all)).Max();
            isWithoutSplit.Add(tree.Feature.Length == 1);
            Assert.Equal(best < settings.MinGain, isWithoutSplit[^1]);
            if (!isWithoutSplit[^1])
            {
                var left = all.Where(row => column[row] <= tree.Threshold[0]).ToArray();
                Assert.Equal(best, Score(left) + Score(all.Except(left)) - Score(all), 1e-9);
            }

            Assert.All(scores.Distinct(), value =>
            {
                var rows = all.Where(row => scores[row] == value).ToArray();
                Assert.Equal(-Gradient(rows) / Hessian(rows), value, 1e-9);
            });
        }

        Assert.Equal(2, isWithoutSplit.Distinct().Count());
    }

    // XGBoost 1.7.4 on the same 250 rows, for 20 trees: total leaves, and the mean and four of the margins, from
    // xgb.train({"objective": "binary:logistic", "tree_method": "hist", "max_bin": 256, "grow_policy": "lossguide", "max_depth": 0, "max_leaves": 8, "eta": 0.1,
    // "min_child_weight": 1e-3, "base_score": w * positives / (w * positives + negatives), "lambda": …, "alpha": …, "gamma": …, "scale_pos_weight": w}, rows, 20).
    [Theory]
    [InlineData(1, 0, 0, 1, 160, 0.072989, new[] { -1.717174, -2.505548, 2.518841, -2.505548 })]
    [InlineData(1, 2, 0, 1, 160, 0.071516, new[] { -1.260456, -2.347806, 2.3263, -2.347806 })]
    [InlineData(1, 0, 4, 1, 80, 0.064627, new[] { -1.727309, -2.386119, 2.315461, -2.386119 })]
    [InlineData(1, 0, 0, 5, 160, 0.943578, new[] { -1.168816, -2.092228, 3.701769, -2.092228 })]
    [InlineData(0.5, 1, 1, 0.2, 86, -0.874789, new[] { -2.650959, -3.290436, 1.16078, -3.290436 })]
    public void Fit_PenaltiesAndPositiveWeight_GivesTheMarginsOfXGBoost(double l2, double l1, double minGain, double positiveWeight, int leaves, double mean, double[] some)
    {
        // So few that every value has a bin of its own in both.
        var rows = TrainingData.Take(BreastCancer.Training, [.. Enumerable.Range(0, 250)]);
        var model = Trainer.Fit(TrainingData.Request(
            rows, null, ("trees", 20), ("learning-rate", 0.1), ("min-rows-per-leaf", 1), ("l2", l2), ("l1", l1), ("min-gain", minGain), ("positive-weight", positiveWeight)));
        var margins = model.Scorer.Scores(model.Features.Apply(rows.Features));
        Assert.Equal(leaves, ((TreeScorer)model.Scorer).Trees.Sum(tree => tree.Feature.Count(feature => feature < 0)));
        Assert.Equal([mean, .. some], [margins.Average(), margins[0], margins[19], margins[37], margins[101]], new Within(2e-5));
    }

    [Fact]
    public void Fit_PositiveWeight_GivesTheProbabilitiesOfDataWithAsManyTimesThePositives()
    {
        // So few rows that every value has a bin of its own, however often it is there.
        var rows = TrainingData.Logistic(250, 41);
        int[] positives = [.. Enumerable.Range(0, 250).Where(row => rows.Labels[row] == 1)];
        var repeated = TrainingData.Take(rows, [.. Enumerable.Range(0, 250), .. positives, .. positives]);
        (string, double)[] settings = [("trees", 15), ("min-rows-per-leaf", 1)];
        var expected = Trainer.Fit(TrainingData.Request(repeated, null, settings)).Predict(rows.Features);
        var found = Trainer.Fit(TrainingData.Request(rows, null, [.. settings, ("positive-weight", 3)])).Predict(rows.Features);
        Assert.Equal(expected, found, new Within(1e-9));
    }

    [Fact]
    public void Fit_PositiveWeightWithValidationRows_StopsByTheLossThatTrainingLowers()
    {
        // By the loss without weights the first tree would be worse than none.
        var model = Trainer.Fit(TrainingData.Request(
            TrainingData.Logistic(1000, 6), TrainingData.Logistic(1000, 7), ("positive-weight", 50), ("early-stopping-rounds", 5)));
        Assert.InRange(((TreeScorer)model.Scorer).Trees.Length, 5, 200);
    }

    [Theory]
    [InlineData(0.3, 12)]
    [InlineData(0.999, 39)]
    [InlineData(0.001, 1)]
    public void Grow_RowShare_DrawsSoManyRowsForEachTreeAndAllOfThemInTime(double share, int drawn)
    {
        // A tree that cannot be split tells its rows: its value is the sum of their powers of two.
        double[] gradients = [.. Enumerable.Range(0, 40).Select(row => -Math.Pow(2, row))];
        double[] hessians = [.. Enumerable.Repeat(1.0, 40)];
        var settings = new TreeSettings(MaxLeaves: 2, MinRowsPerLeaf: 40, L2: 1, LearningRate: 1 + drawn) { RowShare = share, Seed = 3 };
        var grower = new TreeGrower(FeatureBins.Of([hessians]), settings, 40);
        var times = new int[40];
        for (var i = 0; i < 2000; i++)
        {
            var tree = grower.Grow(gradients, hessians, new double[40]);
            var rows = (long)Math.Round(tree.Value[0]);
            Assert.Equal(drawn, BitOperations.PopCount((ulong)rows));
            Assert.Equal(40, Assert.Single(tree.Cover));
            for (var row = 0; row < 40; row++)
            {
                times[row] += (int)(rows >> row) & 1;
            }
        }

        // Six standard deviations of a binomial count.
        var chance = drawn / 40.0;
        Assert.All(times, count => Assert.InRange(Math.Abs(count - (2000 * chance)), 0, 6 * Math.Sqrt(2000 * chance * (1 - chance))));
    }

    [Fact]
    public void Grow_Goss_KeepsTheGreatestGradientsAndDrawsOthersThatCountForAll()
    {
        // As above: the ten rows with the greatest gradients are in every sum once, and ten of the thirty others three times.
        double[] gradients = [.. Enumerable.Range(0, 40).Select(row => row % 4 == 3 ? 1L << (31 + (row / 4)) : -(1L << (row - ((row + 1) / 4))))];
        double[] hessians = [.. Enumerable.Repeat(1.0, 40)];
        var settings = new TreeSettings(MaxLeaves: 2, MinRowsPerLeaf: 40, L2: 1, LearningRate: 1 + 40) { GossTop = 0.25, GossOther = 0.25 };
        var grower = new TreeGrower(FeatureBins.Of([hessians]), settings, 40);
        var top = Enumerable.Range(0, 10).Sum(i => 1L << (31 + i));
        var times = new int[30];
        for (var i = 0; i < 2000; i++)
        {
            var sum = -(long)Math.Round(grower.Grow([.. gradients], [.. hessians], new double[40]).Value[0]);
            var (others, remainder) = Math.DivRem(top - sum, 3);
            Assert.Equal(0, remainder);
            Assert.Equal(10, BitOperations.PopCount((ulong)others));
            for (var row = 0; row < 30; row++)
            {
                times[row] += (int)(others >> row) & 1;
            }
        }

        // Six standard deviations of a binomial count.
        Assert.All(times, count => Assert.InRange(Math.Abs(count - (2000 / 3.0)), 0, 6 * Math.Sqrt(2000 * (1 / 3.0) * (2 / 3.0))));
    }

    [Fact]
    public void Grow_GossOfEqualGradients_KeepsAsManyRows()
    {
        // The root's curvature is that of all rows: four that stay, and four others that count for sixteen.
        double[] gradients = [.. Enumerable.Repeat(-1.0, 20)];
        var settings = new TreeSettings(MaxLeaves: 2, MinRowsPerLeaf: 20, L2: 0, LearningRate: 1) { GossTop = 0.2, GossOther = 0.2 };
        var grower = new TreeGrower(FeatureBins.Of([gradients]), settings, 20);
        var scores = new double[20];
        var tree = grower.Grow(gradients, [.. Enumerable.Range(0, 20).Select(row => row < 4 ? 3.0 : 1)], scores);
        Assert.Equal(20.0 / 28, tree.Value[0], 1e-15);
        Assert.All(scores, score => Assert.Equal(tree.Value[0], score));
    }

    [Theory]
    [InlineData(0.3, 2)]
    [InlineData(0.05, 1)]
    public void Grow_FeatureShare_TestsSoManyFeaturesInATreeAndAllOfThemInTime(double share, int drawn)
    {
        var random = new SplitMix64(4);
        var columns = Enumerable.Range(0, 7).Select(_ => Enumerable.Range(0, 500).Select(_ => random.NextUniform()).ToArray()).ToArray();
        double[] gradients = [.. Enumerable.Range(0, 500).Select(_ => random.NextUniform() - 0.5)];
        double[] hessians = [.. Enumerable.Repeat(0.25, 500)];
        var grower = new TreeGrower(FeatureBins.Of(columns), new TreeSettings(30, 3, 1, 0.1) { FeatureShare = share }, 500);
        var tested = Enumerable.Range(0, 60).Select(_ => grower.Grow(gradients, hessians, new double[500]).Feature.Where(feature => feature >= 0).ToHashSet()).ToArray();
        Assert.Equal(drawn, tested.Max(features => features.Count));
        Assert.Equal(7, tested.SelectMany(features => features).Distinct().Count());
    }

    [Theory]
    [InlineData(0.4, 1, 1)]
    [InlineData(1, 0.5, 1)]
    [InlineData(1, 1, 0.2)]
    [InlineData(0.4, 0.5, 0.2)]
    public void Fit_Shares_KeepToTheSeedAndCountAllTrainingRows(double rowShare, double featureShare, double gossTop)
    {
        var rows = TrainingData.Awkward(3000, 15);
        var request = TrainingData.Request(rows, null, ("trees", 30), ("row-share", rowShare), ("feature-share", featureShare), ("goss-top", gossTop));
        var model = Trainer.Fit(request);
        Assert.Equal(ModelBytes.Of(model), ModelBytes.Of(Trainer.Fit(request)));
        Assert.NotEqual(ModelBytes.Of(model), ModelBytes.Of(Trainer.Fit(request with { Seed = 1 })));
        Assert.InRange(TestAuc.Of(rows.Labels, model.Predict(rows.Features)), 0.75, 1);

        var features = model.Features.Apply(rows.Features);
        foreach (var tree in ((TreeScorer)model.Scorer).Trees)
        {
            Assert.Equal(3000, tree.Cover[0]);
            var values = new double[3000];
            tree.AddTo(values, features);
            Assert.All(values.CountBy(value => value), count => Assert.Equal(
                count.Value, Enumerable.Range(0, tree.Feature.Length).Where(node => tree.Feature[node] < 0 && tree.Value[node] == count.Key).Sum(node => tree.Cover[node])));
        }
    }

    [Fact]
    public void Fit_TreeWithoutSplitWhileFeaturesAreDrawn_IsNotTheLast()
    {
        // Only one feature in ten tells anything: most trees find none to split by.
        double[] x = [.. Enumerable.Range(0, 200).Select(row => (double)(row % 2))];
        var constants = Enumerable.Range(0, 9).Select(column => new NumberColumn($"c{column}", new double[200]));
        var rows = new LabeledRows(new Table([new NumberColumn("x", x), .. constants]), x);
        var model = Trainer.Fit(TrainingData.Request(rows, null, ("feature-share", 0.1), ("trees", 100)));
        Assert.Equal(100, ((TreeScorer)model.Scorer).Trees.Length);
        Assert.Equal(1, TestAuc.Of(x, model.Predict(rows.Features)));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(0.5, 1, 1)]
    [InlineData(0.5, 0.5, 1)]
    [InlineData(1, 1, 0.3)]
    public void Fit_ScoresWhileTraining_EqualThoseOfTheModel(double rowShare, double featureShare, double gossTop)
    {
        var rows = TrainingData.Awkward(700, 21);
        var fitted = FittedFeatures.Fit(rows.Features, new FeatureRecipe { Imputation = NumberImputation.None, Standardize = false, Encoding = CategoryEncoding.Ordinal, FoldRarerThan = 0 });
        var features = fitted.Apply(rows.Features);
        var random = new SplitMix64(1);
        double[] gradients = [.. rows.Labels.Select(label => random.NextUniform() - label)];
        double[] hessians = [.. rows.Labels.Select(_ => 0.25)];
        var scores = new double[700];
        var grower = new TreeGrower(FeatureBins.Of(features.Dense), new TreeSettings(20, 3, 1, 0.1) { RowShare = rowShare, FeatureShare = featureShare, GossTop = gossTop }, 700);
        Tree[] trees = [grower.Grow(gradients, hessians, scores), grower.Grow(hessians, hessians, scores), grower.Grow(gradients, hessians, scores)];
        Assert.Equal(scores, new TreeScorer(0, [.. trees]).Scores(features), new Within(1e-12));
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
        var losses = Enumerable.Range(0, trees.Length + 11).Select(count => new TreeScorer(all.Start, all.Trees[..count]).Scores(features)
            .Select((score, row) => Sigmoid.LogLoss(score, validation.Labels[row])).Sum()).ToArray();
        Assert.Equal(trees.Length, Array.IndexOf(losses, losses.Min()));
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

        var scores = model.Scorer.Scores(features);

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
