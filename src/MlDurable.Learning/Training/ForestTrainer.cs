using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Averages the shares of positive rows, or the means of numbers, in the leaves of trees that are grown apart from each other, on all processors: see
/// <see cref="ForestGrower"/>. For several classes there is a forest for each, against all others, and their probabilities are made to add up to 1.
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

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary, LearningTask.Multiclass, LearningTask.Regression];

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Trees, 1, 10_000, 200, IsInteger: true, "How many trees are averaged, for each class."),
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

        var random = new SplitMix64(request.Seed);
        ulong[] seeds = [.. Enumerable.Range(0, (int)values[Trees]).Select(_ => random.Next())];
        var labels = request.Training.Labels;
        switch (request.Target.Task)
        {
            case LearningTask.Multiclass:
                var classes = request.Target.Classes.Length;
                return new TrainedModel(
                    Name,
                    Version,
                    fitted,
                    [.. Enumerable.Range(0, classes).Select(place => new ForestScorer(
                        Grow(Array.ConvertAll(labels, label => label == place ? 1.0 : 0), (double)place / classes, 1.0 / classes), ForestOutput.Logarithm))],
                    request.Target,
                    Link.Softmax);
            case LearningTask.Regression:
                // Sums keep more digits around 0.
                var mean = BaselineTrainer.Mean(request.Training);
                var trees = Grow(Array.ConvertAll(labels, label => label - mean), 0, 1);
                ImmutableArray<Tree> shifted = [.. trees.Select(tree => tree with { Value = [.. tree.Value.Select((value, node) => tree.Feature[node] < 0 ? value + mean : 0)] })];
                return new TrainedModel(Name, Version, fitted, [new ForestScorer(shifted, ForestOutput.Mean)], request.Target, Link.Identity);
            default:
                return DecisionThreshold.Complete(this, request, fitted, new ForestScorer(Grow(labels, 0, 1)));
        }

        ImmutableArray<Tree> Grow(double[] of, double progressFrom, double progressShare)
        {
            var trees = new Tree[seeds.Length];
            var (grown, progress) = (0, new Lock());
            Parallel.For(
                0,
                trees.Length,
                new ParallelOptions { CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
                () => new ForestGrower(bins, of, settings),
                (tree, _, grower) =>
                {
                    trees[tree] = grower.Grow(seeds[tree]);
                    lock (progress)
                    {
                        request.Progress?.Report(progressFrom + (progressShare * ++grown / trees.Length));
                    }

                    return grower;
                },
                _ => { });
            return [.. trees];
        }
    }
}
