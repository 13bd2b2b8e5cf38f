using System.Collections.Immutable;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class TreeContributorTests
{
    [Fact]
    public void AddTo_AnySmallTrees_GivesShapleyValuesOverAllSubsets() => ForAnyTrees((trees, features) =>
    {
        var (contributor, found) = Contributions(trees, features);
        for (var row = 0; row < features.Rows; row++)
        {
            var dense = Row(features, row);
            for (var feature = 0; feature < dense.Length; feature++)
            {
                Assert.Equal(ShapleyOverSubsets(trees, dense, feature), found[feature][row], 1e-10);
            }

            Assert.Equal(Known(trees, dense, subset: 0), contributor.BaseValue, 1e-10);
        }
    });

    [Fact]
    public void AddTo_AnyTrees_AddsUpToTheScore() => ForAnyTrees((trees, features) =>
    {
        var (contributor, found) = Contributions(trees, features);
        var scores = trees.Scores(features);
        for (var row = 0; row < features.Rows; row++)
        {
            Assert.Equal(scores[row], contributor.BaseValue + found.Sum(column => column[row]), 1e-9);
        }
    });

    [Fact]
    public void AddTo_FeatureThatNoTreeTests_AddsExactlyNothing() => ForAnyTrees((trees, features) =>
    {
        var tested = trees.Trees.SelectMany(tree => tree.Feature).ToHashSet();
        var found = Contributions(trees, features).Found;
        for (var feature = 0; feature < found.Length; feature++)
        {
            Assert.True(tested.Contains(feature) || found[feature].All(contribution => contribution == 0));
        }
    });

    [Fact]
    public void AddTo_FeaturesExchanged_ExchangesWhatTheyAdd() => ForAnyTrees((trees, features) =>
    {
        int Exchange(int feature) => feature switch { 0 => 1, 1 => 0, _ => feature };
        var exchangedTrees = trees with { Trees = [.. trees.Trees.Select(tree => tree with { Feature = [.. tree.Feature.Select(Exchange)] })] };
        var exchangedRows = features with { Dense = [features.Dense[1], features.Dense[0], .. features.Dense[2..]] };
        var found = Contributions(trees, features).Found;
        var exchanged = Contributions(exchangedTrees, exchangedRows).Found;
        Assert.Equal(found[0], exchanged[1]);
        Assert.Equal(found[1], exchanged[0]);
    });

    [Fact]
    public void AddTo_TwoFeaturesThatDoTheSame_AddTheSame()
    {
        // Positive only where both are above 0: (a, b) and (b, a) tested in either order, in two trees.
        static Tree And(int first, int second) => new(
            [first, -1, second, -1, -1], [0, 0, 0, 0, 0], [true, false, true, false, false], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0], [0, 0, 0, 0, 1], [8, 4, 4, 2, 2]);
        var found = Contributions(new TreeScorer(0, [And(0, 1), And(1, 0)]), new FeatureMatrix(1, [[1], [1]], [], 2)).Found;
        Assert.Equal(found[0][0], found[1][0], 1e-15);

        // Each tree has the mean 1/4 and gives 1: 2 - 1/2 in all.
        Assert.Equal(0.75, found[0][0], 1e-15);
    }

    [Fact]
    public void AddTo_OneSplit_GivesTheDistanceFromTheMean()
    {
        var tree = new Tree([0, -1, -1], [5, 0, 0], [false, false, false], [1, 0, 0], [2, 0, 0], [0, -2, 6], [4, 3, 1]);
        var (contributor, found) = Contributions(new TreeScorer(10, [tree]), new FeatureMatrix(3, [[5, 5.1, double.NaN]], [], 1));
        Assert.Equal(10, contributor.BaseValue);
        Assert.Equal([-2, 6, 6], found[0]);
    }

    [Fact]
    public void AddTo_TreeWithoutSplit_AddsNothing()
    {
        var (contributor, found) = Contributions(new TreeScorer(1, [new Tree([-1], [0], [false], [0], [0], [2.5], [7])]), new FeatureMatrix(1, [[1]], [], 1));
        Assert.Equal(3.5, contributor.BaseValue);
        Assert.Equal([0], found[0]);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(200)]
    public void AddTo_PathOfManyFeatures_StillAddsUpToTheScore(int depth)
    {
        // A chain: every split sends one training row left and all others on.
        var tree = Chain(depth);
        var random = new SplitMix64(11);
        var dense = Enumerable.Range(0, depth).Select(_ => new[] { random.NextUniform() < 0.5 ? 1.0 : -1, 1 }).ToArray();
        var features = new FeatureMatrix(2, dense, [], depth);
        var trees = new TreeScorer(0, [tree]);
        var (contributor, found) = Contributions(trees, features);
        Assert.Equal(trees.Scores(features), Enumerable.Range(0, 2).Select(row => contributor.BaseValue + found.Sum(column => column[row])), new Within(1e-9));
    }

    [Fact]
    public void AddTo_CanceledToken_Stops() => Assert.Throws<OperationCanceledException>(() => new TreeContributor(new TreeScorer(0, [Chain(2)]), [0, 1]).AddTo(
        [[0], [0]], new FeatureMatrix(1, [[1], [1]], [], 2), new CancellationToken(canceled: true)));

    private static Tree Chain(int depth)
    {
        var nodes = (2 * depth) + 1;
        int[] feature = new int[nodes], left = new int[nodes], right = new int[nodes], cover = new int[nodes];
        for (var level = 0; level <= depth; level++)
        {
            var node = 2 * level;
            cover[node] = depth + 1 - level;
            feature[node] = level < depth ? level : -1;
            if (level < depth)
            {
                (left[node], right[node]) = (node + 1, node + 2);
                (feature[node + 1], cover[node + 1]) = (-1, 1);
            }
        }

        return new Tree(
            [.. feature], [.. new double[nodes]], [.. new bool[nodes]], [.. left], [.. right], [.. Enumerable.Range(0, nodes).Select(node => Math.Sin(node))], [.. cover]);
    }

    private static (TreeContributor Contributor, double[][] Found) Contributions(TreeScorer trees, FeatureMatrix features)
    {
        var contributor = new TreeContributor(trees, [.. Enumerable.Range(0, features.FeatureCount)]);
        var found = Enumerable.Range(0, features.FeatureCount).Select(_ => new double[features.Rows]).ToArray();
        contributor.AddTo(found, features, CancellationToken.None);
        return (contributor, found);
    }

    private static double[] Row(FeatureMatrix features, int row) => [.. features.Dense.Select(column => column[row])];

    /// <summary>Shapley's definition, term by term.</summary>
    private static double ShapleyOverSubsets(TreeScorer trees, double[] row, int feature)
    {
        var sum = 0.0;
        for (var subset = 0u; subset < 1u << row.Length; subset++)
        {
            if ((subset & (1u << feature)) == 0)
            {
                var size = BitOperations.PopCount(subset);
                var weight = Factorial(size) * Factorial(row.Length - size - 1) / Factorial(row.Length);
                sum += weight * (Known(trees, row, subset | (1u << feature)) - Known(trees, row, subset));
            }
        }

        return sum;
    }

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    /// <summary>The score where only the features of the subset are known: algorithm 1 of the paper.</summary>
    private static double Known(TreeScorer trees, double[] row, uint subset)
    {
        return trees.Start + trees.Trees.Sum(tree => At(tree, 0));

        double At(Tree tree, int node)
        {
            var feature = tree.Feature[node];
            if (feature < 0)
            {
                return tree.Value[node];
            }

            var (left, right) = (tree.Left[node], tree.Right[node]);
            if ((subset & (1u << feature)) == 0)
            {
                return ((At(tree, left) * tree.Cover[left]) + (At(tree, right) * tree.Cover[right])) / tree.Cover[node];
            }

            var goesLeft = double.IsNaN(row[feature]) ? tree.MissingLeft[node] : row[feature] <= tree.Threshold[node];
            return At(tree, goesLeft ? left : right);
        }
    }

    private static void ForAnyTrees(Action<TreeScorer, FeatureMatrix> check)
    {
        var cases =
            from features in Gen.Choose(2, 7)
            from count in Gen.Choose(1, 3)
            from seed in Gen.Choose(0, int.MaxValue)
            select (features, count, seed);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var random = new SplitMix64((ulong)item.seed);
            var trees = new TreeScorer(random.NextUniform(), [.. Enumerable.Range(0, item.count).Select(_ => RandomTree(random, item.features))]);
            Assert.True(trees.IsSound(item.features));
            var dense = Enumerable.Range(0, item.features).Select(_ => Enumerable.Range(0, 4).Select(_ => RandomValue(random)).ToArray()).ToArray();
            check(trees, new FeatureMatrix(4, dense, [], item.features));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Few different values, so that rows hit thresholds exactly and features come again on a path; one in five is missing.</summary>
    private static double RandomValue(SplitMix64 random) => random.NextInt(5) == 0 ? double.NaN : random.NextInt(5) - 2;

    private static Tree RandomTree(SplitMix64 random, int features)
    {
        var rows = Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, features).Select(_ => RandomValue(random)).ToArray()).ToArray();
        List<int> feature = [], left = [], right = [], cover = [];
        List<double> threshold = [], value = [];
        List<bool> missingLeft = [];
        Grow(rows, depth: 6);
        return new Tree([.. feature], [.. threshold], [.. missingLeft], [.. left], [.. right], [.. value], [.. cover]);

        int Grow(double[][] reached, int depth)
        {
            var node = feature.Count;
            feature.Add(-1);
            threshold.Add(random.NextInt(5) - 2);
            missingLeft.Add(random.NextInt(2) == 0);
            left.Add(0);
            right.Add(0);
            value.Add((random.NextUniform() * 4) - 2);
            cover.Add(reached.Length);
            var tested = random.NextInt(features);
            var goLeft = reached.ToLookup(row => double.IsNaN(row[tested]) ? missingLeft[node] : row[tested] <= threshold[node]);
            if (depth > 0 && goLeft.Count == 2)
            {
                feature[node] = tested;
                left[node] = Grow([.. goLeft[true]], depth - 1);
                right[node] = Grow([.. goLeft[false]], depth - 1);
            }

            return node;
        }
    }
}
