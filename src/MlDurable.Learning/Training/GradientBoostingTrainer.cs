using System.Collections.Immutable;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Adds up trees, each grown to lower the log loss that those before it leave (Friedman, "Greedy function approximation",
/// 2001).</summary>
internal sealed class GradientBoostingTrainer : ITrainer
{
    private const string Trees = "trees";
    private const string Leaves = "leaves";
    private const string LearningRate = "learning-rate";
    private const string MinRowsPerLeaf = "min-rows-per-leaf";
    private const string L1 = "l1";
    private const string L2 = "l2";
    private const string MinGain = "min-gain";
    private const string RowShare = "row-share";
    private const string FeatureShare = "feature-share";
    private const string GossTop = "goss-top";
    private const string GossOther = "goss-other";
    private const string PositiveWeight = "positive-weight";
    private const string EarlyStoppingRounds = "early-stopping-rounds";
    private const int BlockRows = 1 << 14;

    public string Name => "gradient-boosting";

    public string Version => "4";

    public string Description =>
        "Gradient boosting of histogram trees, grown leaf by leaf, on all processors. Takes only the encodings of columns and interactions from the recipe: "
        + "trees need no scaling, learn where missing values belong, and part categories in ordinal order of their texts.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Trees, 1, 10_000, 200, IsInteger: true, "The most trees; early stopping may keep fewer."),
        new(Leaves, 2, 1024, 8, IsInteger: true, "The most leaves of a tree."),
        new(LearningRate, 1e-4, 1, 0.05, IsInteger: false, "The share of each tree's correction that is applied."),
        new(MinRowsPerLeaf, 1, 1e6, 20, IsInteger: true, "The fewest training rows in a leaf."),
        new(L1, 0, 1e6, 0, IsInteger: false, "Strength of the penalty on absolute leaf values; alpha in XGBoost's terms."),
        new(L2, 0, 1e6, 1, IsInteger: false, "Strength of the penalty on squared leaf values; lambda in XGBoost's terms."),
        new(MinGain, 0, 1e6, 0, IsInteger: false, "A leaf is split only where that lowers twice the penalised loss by at least this; gamma in XGBoost's terms."),
        new(RowShare, 0.001, 1, 1, IsInteger: false, "The share of the training rows that each tree is grown from, drawn without replacement; rounded down, at least one."),
        new(GossTop, 0.001, 1, 1, IsInteger: false, "The share of those rows that each tree keeps for their great gradients; of the others goss-other is drawn. 1 keeps all."),
        new(GossOther, 0.001, 1, 0.1, IsInteger: false, "The share of those rows that is drawn from the ones with small gradients, where goss-top is less than 1; they count for all of these."),
        new(FeatureShare, 0.001, 1, 1, IsInteger: false, "The share of the features that each tree may test, drawn anew for each; rounded down, at least one."),
        new(
            PositiveWeight, 1e-6, 1e6, 1, IsInteger: false,
            "How much a positive row counts, where a negative one counts 1; scale_pos_weight in XGBoost's terms. Unless it is 1, probabilities are those of data with so many times the positives."),
        new(EarlyStoppingRounds, 0, 10_000, 20, IsInteger: true, "Stops after so many trees without a lower log loss on the validation rows; 0 never does."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        var (fitted, training) = TreeFeatures.Fit(this, request);
        var labels = request.Training.Labels;
        var settings = new TreeSettings((int)values[Leaves], (int)values[MinRowsPerLeaf], values[L2], values[LearningRate])
        {
            L1 = values[L1],
            MinGain = values[MinGain],
            RowShare = values[RowShare],
            FeatureShare = values[FeatureShare],
            GossTop = values[GossTop],
            GossOther = values[GossOther],
            Seed = request.Seed,
        };
        var positiveWeight = values[PositiveWeight];
        var grower = new TreeGrower(FeatureBins.Of(training.Dense), settings, training.Rows);
        var start = BaselineTrainer.LogOdds(labels) + Math.Log(positiveWeight);
        var scores = new double[training.Rows];
        Array.Fill(scores, start);
        var stopping = new EarlyStopping(
            fitted.Apply(request.Validation.Features), request.Validation.Labels, positiveWeight, start, (int)values[EarlyStoppingRounds]);

        var trees = ImmutableArray.CreateBuilder<Tree>();
        var gradients = new double[training.Rows];
        var hessians = new double[training.Rows];
        while (trees.Count < values[Trees])
        {
            cancellationToken.ThrowIfCancellationRequested();
            Parallel.For(0, (scores.Length + BlockRows - 1) / BlockRows, block =>
            {
                for (var row = block * BlockRows; row < Math.Min(scores.Length, (block + 1) * BlockRows); row++)
                {
                    var probability = Sigmoid.Probability(scores[row]);
                    var weight = labels[row] > 0 ? positiveWeight : 1;
                    gradients[row] = weight * (probability - labels[row]);
                    hessians[row] = weight * (probability * (1 - probability));
                }
            });

            trees.Add(grower.Grow(gradients, hessians, scores));
            request.Progress?.Report(trees.Count / values[Trees]);
            var isLast = trees[^1].Feature.Length == 1 && !settings.IsRandom;
            if (isLast || stopping.ShouldStop(trees))
            {
                break;
            }
        }

        request.Progress?.Report(1);
        return DecisionThreshold.Complete(this, request, fitted, new TreeScorer(start, trees.ToImmutable()[..stopping.Keep(trees.Count)]));
    }
}
