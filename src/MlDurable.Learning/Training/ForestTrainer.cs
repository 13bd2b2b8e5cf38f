using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Averages the shares of positive rows in the leaves of trees that are grown apart from each other, on all processors: see <see cref="ForestGrower"/>.
/// </summary>
internal sealed class ForestTrainer : ITrainer
{
    private const string Trees = "trees";
    private const string Leaves = "leaves";
    private const string MinRowsPerLeaf = "min-rows-per-leaf";
    private const string FeatureShare = "feature-share";

    private readonly bool isExtra;

    private ForestTrainer(string name, string description, bool isExtra)
    {
        Name = name;
        Description = description;
        this.isExtra = isExtra;
    }

    /// <summary>Each tree is grown from rows drawn with replacement (Breiman, "Random forests", 2001).</summary>
    public static ForestTrainer RandomForest { get; } = new(
        "random-forest",
        "A random forest: the mean of histogram trees, each grown from rows drawn with replacement. Takes from the recipe what gradient boosting does.",
        isExtra: false);

    /// <summary>Each tree is grown from all rows, and tries each feature at one drawn boundary (Geurts, Ernst and Wehenkel, "Extremely randomized trees",
    /// 2006).</summary>
    public static ForestTrainer ExtraTrees { get; } = new(
        "extra-trees",
        "Extremely randomised trees: the mean of histogram trees that try each feature at one drawn boundary. Takes from the recipe what gradient boosting does.",
        isExtra: true);

    public string Name { get; }

    public string Version => "1";

    public string Description { get; }

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Trees, 1, 10_000, 200, IsInteger: true, "How many trees are averaged."),
        new(Leaves, 2, 65_536, 1024, IsInteger: true, "The most leaves of a tree."),
        new(MinRowsPerLeaf, 1, 1e6, 5, IsInteger: true, "The fewest training rows in a leaf, each counted as often as it was drawn."),
        new(FeatureShare, 0, 1, 0, IsInteger: false, "The share of the features that are drawn for each split; rounded down, at least one. 0 draws the square root of their number."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        var (fitted, training) = TreeFeatures.Fit(this, request);
        var bins = FeatureBins.Of(training.Dense);
        var features = bins.BinOf.Length;
        var settings = new ForestSettings(
            (int)values[Leaves],
            (int)values[MinRowsPerLeaf],
            values[FeatureShare] == 0 ? (int)Math.Sqrt(features) : Sample.Count(values[FeatureShare], features),
            DrawsRows: !isExtra,
            DrawsBoundaries: isExtra);

        var trees = new Tree[(int)values[Trees]];
        var random = new SplitMix64(request.Seed);
        ulong[] seeds = [.. trees.Select(_ => random.Next())];
        var (grown, progress) = (0, new Lock());
        Parallel.For(
            0,
            trees.Length,
            new ParallelOptions { CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            () => new ForestGrower(bins, request.Training.Labels, settings),
            (tree, _, grower) =>
            {
                trees[tree] = grower.Grow(seeds[tree]);
                lock (progress)
                {
                    request.Progress?.Report((double)++grown / trees.Length);
                }

                return grower;
            },
            _ => { });
        return DecisionThreshold.Complete(this, request, fitted, new ForestScorer([.. trees]));
    }
}
