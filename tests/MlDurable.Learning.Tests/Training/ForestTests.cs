using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class ForestTests
{
    private static readonly Metric[] Metrics = [MetricCatalog.Find("roc-auc")!, MetricCatalog.Find("log-loss")!];

    public static TheoryData<string> Names => ["random-forest", "extra-trees"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_BreastCancer_IsAsGoodAsScikitLearn(string name)
    {
        var reference = ReferenceVectors.Forest.Case("forests", name);
        var labels = BreastCancer.Testing.Labels;
        var ours = Enumerable.Range(0, 5).Select(seed => Trainers.Get(name)
            .Fit(TrainingData.Request(BreastCancer.Training) with { Seed = (ulong)seed })
            .Predict(BreastCancer.Testing.Features)).ToArray();
        var theirs = new ScoredModel(reference.Numbers("probabilities"), 0.5);
        foreach (var (metric, figures) in Metrics.Zip([reference.GetProperty("auc"), reference.GetProperty("logLoss")]))
        {
            // The mean over seeds, within four standard deviations of one seed of theirs.
            var mean = ours.Average(probabilities => metric.Evaluate(labels, probabilities, 0.5));
            Assert.InRange(Math.Abs(mean - figures.Number("mean")), 0, 4 * figures.Number("sd"));

            // On these rows not worse than theirs by the margin of 0.01, at a confidence of 97.5 %.
            var difference = Bootstrap.Compare(metric, labels, new ScoredModel(ours[0], 0.5), theirs, new BootstrapOptions { Confidence = 0.975 });
            Assert.InRange(difference.Interval.Low, -0.01, difference.Delta);
        }
    }

    // Scikit-learn 1.2.1 on the same 250 rows: DecisionTreeClassifier(max_leaf_nodes=…, min_samples_leaf=…, random_state=0).
    [Theory]
    [InlineData(8, 5, 7.384127, new[] { 0, 0.2, 0.2857, 0.4444, 0.6667, 0.8, 1 })]
    [InlineData(12, 10, 7.081818, new[] { 0, 0.1, 0.4, 0.7273, 0.8, 1 })]
    [InlineData(30, 1, 0, new[] { 0.0, 1 })]
    public void Grow_AllRowsAndFeatures_GivesTheTreeOfScikitLearn(int leaves, int minRows, double squaredErrors, double[] shares)
    {
        var rows = TrainingData.Take(BreastCancer.Training, [.. Enumerable.Range(0, 250)]);
        var features = TreeFeatures.Fit(Trainers.Get("random-forest"), TrainingData.Request(rows)).Rows;
        var tree = new ForestGrower(FeatureBins.Of(features.Dense), rows.Labels, new ForestSettings(leaves, minRows, 30, DrawsRows: false, DrawsBoundaries: false)).Grow(1);
        var probabilities = new double[250];
        tree.AddTo(probabilities, features);
        Assert.Equal(squaredErrors, probabilities.Zip(rows.Labels, (probability, label) => (probability - label) * (probability - label)).Sum(), 1e-6);
        Assert.Equal(shares, probabilities.Select(probability => Math.Round(probability, 4)).Distinct().Order());
    }

    [Fact]
    public void Grow_DrawnRows_AreAsManyAsThereAreWithReplacement()
    {
        // A tree without split has the share of positive rows among those that were drawn: binomial.
        double[] labels = [.. Enumerable.Range(0, 100).Select(row => row < 30 ? 1.0 : 0)];
        var bins = FeatureBins.Of([labels]);
        var grower = new ForestGrower(bins, labels, new ForestSettings(2, 51, 1, DrawsRows: true, DrawsBoundaries: false));
        double[] shares = [.. Enumerable.Range(0, 4000).Select(seed =>
        {
            var tree = grower.Grow((ulong)seed);
            Assert.Equal(100, Assert.Single(tree.Cover));
            return tree.Value[0];
        })];
        Assert.All(shares, share => Assert.Equal(Math.Round(share * 100), share * 100, 1e-9));
        Assert.Equal(0.3, shares.Average(), 5 * Math.Sqrt(0.21 / 100 / 4000));
        Assert.Equal(0.21 / 100, shares.Average(share => (share - 0.3) * (share - 0.3)), 5 * Math.Sqrt(2.0 / 4000) * 0.21 / 100);

        var all = new ForestGrower(bins, labels, new ForestSettings(2, 51, 1, DrawsRows: false, DrawsBoundaries: true)).Grow(1);
        Assert.Equal(0.3, all.Value[0]);
    }

    [Fact]
    public void Grow_DrawnBoundaries_AreEquallyOftenEachThatTellsRowsApart()
    {
        double[] x = [.. Enumerable.Range(0, 60).Select(row => row % 6 == 5 ? double.NaN : (double)(row % 6))];
        double[] labels = [.. x.Select(value => value is 0 or 1 ? 1.0 : 0)];
        var grower = new ForestGrower(FeatureBins.Of([x]), labels, new ForestSettings(2, 1, 1, DrawsRows: false, DrawsBoundaries: true));
        var thresholds = Enumerable.Range(0, 5000).Select(seed => grower.Grow((ulong)seed).Threshold[0]).CountBy(threshold => threshold).ToDictionary();

        // Four between the five values, and one between the values and none: five, each 1,000 times, give or take five standard deviations.
        Assert.Equal([0.5, 1.5, 2.5, 3.5, double.MaxValue], thresholds.Keys.Order());
        Assert.All(thresholds.Values, count => Assert.InRange(count, 1000 - 142, 1000 + 142));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_OneFeatureAmongConstants_IsFoundForEverySplit(string name)
    {
        double[] x = [.. Enumerable.Range(0, 200).Select(row => (double)(row % 2))];
        var constants = Enumerable.Range(0, 9).Select(column => new NumberColumn($"c{column}", new double[200]));
        var rows = new LabeledRows(new Table([new NumberColumn("x", x), .. constants]), x);
        var model = Trainers.Get(name).Fit(TrainingData.Request(rows, null, ("feature-share", 0.1), ("trees", 20)));

        // Leaves of one class only: certain, and without rounding.
        Assert.Equal(x, model.Predict(rows.Features));
        Assert.Equal([double.NegativeInfinity, double.PositiveInfinity], model.Scorer.Scores(model.Features.Apply(rows.Features.Take([0, 1]))));
    }

    [Theory]
    [InlineData("random-forest", 1)]
    [InlineData("random-forest", 0)]
    [InlineData("extra-trees", 1)]
    [InlineData("extra-trees", 0)]
    public void Fit_MissingValuesWithOneLabel_AreRoutedToThatLabel(string name, double labelOfMissing)
    {
        var random = new SplitMix64(2);
        double[] x = [.. Enumerable.Range(0, 1000).Select(row => row % 4 == 0 ? double.NaN : random.NextUniform())];
        double[] labels = [.. x.Select(value => double.IsNaN(value) ? labelOfMissing : random.NextInt(2))];
        var rows = new LabeledRows(new Table(new NumberColumn("x", x)), labels);
        var probability = Trainers.Get(name).Fit(TrainingData.Request(rows)).Predict(new Table(new NumberColumn("x", [double.NaN])))[0];
        Assert.InRange(Math.Abs(probability - labelOfMissing), 0, 0.1);
    }

    [Theory]
    [InlineData("random-forest", 2, 20)]
    [InlineData("random-forest", 1024, 7)]
    [InlineData("extra-trees", 31, 1)]
    [InlineData("extra-trees", 1024, 50)]
    public void Fit_LeavesAndRowsPerLeaf_AreKeptToAndAllTrainingRowsCounted(string name, int leaves, int minRows)
    {
        var rows = TrainingData.Awkward(2000, 5);
        var model = Trainers.Get(name).Fit(TrainingData.Request(rows, null, ("leaves", leaves), ("min-rows-per-leaf", minRows), ("trees", 8)));
        var features = model.Features.Apply(rows.Features);
        foreach (var tree in ((ForestScorer)model.Scorer).Trees)
        {
            Assert.InRange(tree.Feature.Count(feature => feature < 0), 2, leaves);
            Assert.Equal(2000, tree.Cover[0]);
            var reached = new int[tree.Feature.Length];
            foreach (var leaf in Enumerable.Range(0, 2000).Select(row => LeafOf(tree, features.Dense, row)))
            {
                reached[leaf]++;
            }

            Assert.All(Enumerable.Range(0, reached.Length).Where(node => tree.Feature[node] < 0), leaf => Assert.Equal(tree.Cover[leaf], reached[leaf]));
            if (name == "extra-trees")
            {
                Assert.InRange(reached.Where(count => count > 0).Min(), minRows, 2000);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Predict_AnyRow_IsTheMeanOfTheLeaves(string name)
    {
        var rows = TrainingData.Awkward(1000, 8);
        var model = Trainers.Get(name).Fit(TrainingData.Request(rows, null, ("trees", 30), ("min-rows-per-leaf", 1)));
        var features = model.Features.Apply(rows.Features);
        var trees = ((ForestScorer)model.Scorer).Trees;
        var sums = new double[1000];
        foreach (var tree in trees)
        {
            tree.AddTo(sums, features);
        }

        Assert.Equal(sums.Select(sum => sum / trees.Length), model.Predict(rows.Features), new Within(1e-14));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1027)]
    public void LogOdds_OfManyRows_AreThoseOfEachAloneToTheLastBit(int count)
    {
        var model = Trainers.Get("random-forest").Fit(TrainingData.Request(TrainingData.Awkward(3000, 13), null, ("trees", 30), ("min-rows-per-leaf", 1)));
        var features = model.Features.Apply(TrainingData.Awkward(count, 14).Features);

        var scores = model.Scorer.Scores(features);

        var rowByRow = model.Scorer.RowByRow();
        for (var row = 0; row < count; row++)
        {
            Assert.Equal(rowByRow([.. features.Dense.Select(column => column[row])], []), scores[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_AnotherSeed_GivesAnotherForest(string name)
    {
        var request = TrainingData.Request(TrainingData.Awkward(5000, 12), null, ("trees", 23));
        Assert.NotEqual(ModelBytes.Of(Trainers.Get(name).Fit(request)), ModelBytes.Of(Trainers.Get(name).Fit(request with { Seed = 1 })));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""[{"feature":[-1],"threshold":[0],"missingLeft":[true],"left":[0],"right":[0],"value":[1.5]}]""")]
    [InlineData("""[{"feature":[-1],"threshold":[0],"missingLeft":[true],"left":[0],"right":[0],"value":[-0.5]}]""")]
    [InlineData("""[{"feature":[1],"threshold":[0],"missingLeft":[true],"left":[0],"right":[0],"value":[0.5]}]""")]
    public void IsSound_ForestWithoutTreesOrLeavesThatAreNoProbabilities_IsNot(string trees)
    {
        var scorer = System.Text.Json.JsonSerializer.Deserialize($$$"""
            {"trainer":"random-forest","trainerVersion":"1","threshold":0.5,"numbers":[{"name":"n","fill":null,"mean":0,"scale":1}],"categories":[],"scorer":{"kind":"forest","trees":{{{trees}}}}}
            """, ModelJson.Default.ModelContent);
        Assert.False(scorer!.IsSound());
    }

    private static int LeafOf(Tree tree, double[][] columns, int row)
    {
        var node = 0;
        while (tree.Feature[node] >= 0)
        {
            var value = columns[tree.Feature[node]][row];
            node = double.IsNaN(value) ? tree.MissingLeft[node] ? tree.Left[node] : tree.Right[node] : value <= tree.Threshold[node] ? tree.Left[node] : tree.Right[node];
        }

        return node;
    }
}
