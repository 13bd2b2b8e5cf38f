using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// The exact Shapley values of a sum of trees, where a feature that is not known goes both ways, in proportion to the training rows that went
/// there: the values of algorithm 2 of Lundberg, Erion and Lee, "Consistent individualized feature attribution for tree ensembles", 2018, and
/// like it in O(trees × leaves × depth²) for each row.
/// </summary>
/// <remarks>
/// <para>Of a leaf with value v, each feature j on its path has a share z of the rows that pass all tests of it, and o, which is 1 where the
/// row itself passes them, else 0. The leaf gives a set of known features v times the product of o over those on the path that are known and z
/// over the others.</para>
/// <para>Shapley's value is the mean, over t from 0 to 1, of what feature i adds when each other feature is known with the probability t (Owen,
/// "Multilinear extensions of games", 1972): v (o_i - z_i) times the integral of the product over j ≠ i of o_j t + z_j (1 - t). That is a
/// polynomial, which <see cref="GaussLegendre"/> integrates exactly. Its terms are never negative, so that nothing cancels; the extending and
/// unwinding of paths in the paper loses digits on long ones.</para>
/// </remarks>
internal sealed class TreeContributor : Contributor
{
    private readonly TreeScorer scorer;
    private readonly int[][] parents;
    private readonly GaussLegendre[] rules;

    public TreeContributor(TreeScorer scorer, int[] columnOf)
        : base(columnOf)
    {
        this.scorer = scorer;
        parents = [.. scorer.Trees.Select(Parents)];
        BaseValue = scorer.Start + scorer.Trees.Sum(Mean);
        var longest = scorer.Trees.Zip(parents).Select(pair => Depth(pair.Second)).DefaultIfEmpty(0).Max();

        // n points are exact for paths of 2n features.
        rules = [.. Enumerable.Range(1, Math.Max(1, (Math.Min(longest, columnOf.Length) + 1) / 2)).Select(count => new GaussLegendre(count))];
    }

    public override double BaseValue { get; }

    public override void AddTo(double[][] contributions, FeatureMatrix features, CancellationToken cancellationToken)
    {
        var path = new Path(ColumnOf.Length);
        for (var i = 0; i < parents.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tree = scorer.Trees[i];
            for (var node = 1; node < parents[i].Length; node++)
            {
                if (tree.Feature[node] < 0)
                {
                    path.Follow(tree, parents[i], node);
                    AddLeaf(contributions, features, path, tree.Value[node]);
                }
            }
        }
    }

    private static double Mean(Tree tree)
    {
        var sum = 0.0;
        for (var node = 0; node < tree.Feature.Length; node++)
        {
            sum += tree.Feature[node] < 0 ? tree.Value[node] * ((double)tree.Cover[node] / tree.Cover[0]) : 0;
        }

        return sum;
    }

    private static int[] Parents(Tree tree)
    {
        var parentOf = new int[tree.Feature.Length];
        for (var node = 0; node < parentOf.Length; node++)
        {
            if (tree.Feature[node] >= 0)
            {
                parentOf[tree.Left[node]] = node;
                parentOf[tree.Right[node]] = node;
            }
        }

        return parentOf;
    }

    private static int Depth(int[] parents)
    {
        var depths = new int[parents.Length];
        for (var node = 1; node < depths.Length; node++)
        {
            depths[node] = depths[parents[node]] + 1;
        }

        return depths.Max();
    }

    private void AddLeaf(double[][] contributions, FeatureMatrix features, Path path, double value)
    {
        var length = path.Length;
        var rule = rules[(length - 1) / 2];
        var points = rule.Points.Length;
        Span<double> products = stackalloc double[points];
        for (var row = 0; row < features.Rows; row++)
        {
            rule.Weights.CopyTo(products);
            for (var i = 0; i < length; i++)
            {
                var known = path.Passes(i, features.Dense[path.Feature[i]][row]);
                path.Known[i] = known;
                for (var point = 0; point < points; point++)
                {
                    products[point] *= Factor(known, path.Share[i], rule.Points[point]);
                }
            }

            for (var i = 0; i < length; i++)
            {
                var others = 0.0;
                for (var point = 0; point < points; point++)
                {
                    others += products[point] / Factor(path.Known[i], path.Share[i], rule.Points[point]);
                }

                contributions[ColumnOf[path.Feature[i]]][row] += value * ((path.Known[i] ? 1 : 0) - path.Share[i]) * others;
            }
        }
    }

    /// <summary>Above 0, because no node is without training rows.</summary>
    private static double Factor(bool known, double share, double t) => (share * (1 - t)) + (known ? t : 0);

    /// <summary>The tests on the way to a leaf, those of one feature taken together.</summary>
    private sealed class Path(int featureCount)
    {
        private readonly double[] above = new double[featureCount];
        private readonly double[] upTo = new double[featureCount];
        private readonly bool[] missingPasses = new bool[featureCount];

        public int Length { get; private set; }

        public int[] Feature { get; } = new int[featureCount];

        /// <summary>The share of the training rows that pass the tests of the feature, among those that come to them.</summary>
        public double[] Share { get; } = new double[featureCount];

        /// <summary>Whether the present row passes.</summary>
        public bool[] Known { get; } = new bool[featureCount];

        public void Follow(Tree tree, int[] parents, int leaf)
        {
            Length = 0;
            for (var (child, node) = (leaf, parents[leaf]); child > 0; (child, node) = (node, parents[node]))
            {
                var isLeft = tree.Left[node] == child;
                var place = PlaceOf(tree.Feature[node]);
                Share[place] *= (double)tree.Cover[child] / tree.Cover[node];
                missingPasses[place] &= tree.MissingLeft[node] == isLeft;
                if (isLeft)
                {
                    upTo[place] = Math.Min(upTo[place], tree.Threshold[node]);
                }
                else
                {
                    above[place] = Math.Max(above[place], tree.Threshold[node]);
                }
            }
        }

        public bool Passes(int place, double value) => double.IsNaN(value) ? missingPasses[place] : value > above[place] && value <= upTo[place];

        private int PlaceOf(int feature)
        {
            var place = Array.IndexOf(Feature, feature, 0, Length);
            if (place >= 0)
            {
                return place;
            }

            Feature[Length] = feature;
            Share[Length] = 1;
            above[Length] = double.NegativeInfinity;
            upTo[Length] = double.PositiveInfinity;
            missingPasses[Length] = true;
            return Length++;
        }
    }
}
