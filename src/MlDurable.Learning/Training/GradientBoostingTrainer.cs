using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Adds up trees, each grown to lower the loss that those before it leave (Friedman, "Greedy function approximation",
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
    private const string Quantile = "quantile";
    private const string TweediePower = "tweedie-power";
    private const string EarlyStoppingRounds = "early-stopping-rounds";

    public string Name => "gradient-boosting";

    public string Version => "4";

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary, LearningTask.Multiclass, LearningTask.Regression];

    public bool TakesWeights => true;

    public string Description =>
        "Gradient boosting of histogram trees, grown leaf by leaf, on all processors; for several classes a tree for each in every round. Takes only the encodings of columns and interactions from the recipe: "
        + "trees need no scaling, learn where missing values belong, and part categories in ordinal order of their texts.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } =
    [
        new(Trees, 1, 10_000, 200, IsInteger: true, "The most trees, for each class; early stopping may keep fewer."),
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
        new(
            Quantile, 0, 0.999, 0, IsInteger: false,
            "For regression: predicts the number that this share of the labels is below, by the pinball loss; 0.5 is the median, by the absolute error. 0 predicts the mean, by the squared error."),
        new(
            TweediePower, 0, 1.99, 0, IsInteger: false,
            "For regression of amounts and counts of 0 or more: the Tweedie deviance of this power, from 1; 1 is the Poisson deviance. Predictions are above 0. 0 is off."),
        new(EarlyStoppingRounds, 0, 10_000, 20, IsInteger: true, "Stops after so many trees without a lower loss on the validation rows; 0 never does."),
    ];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        var values = HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        RequireLoss(request, values);

        // A row that counts nothing must not fill up a leaf.
        request = request with { Training = request.Training.WithWeight() };
        var (fitted, training) = TreeFeatures.Fit(this, request);
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
        var loss = LossOf(request.Target, request.Training, values);
        var grower = new TreeGrower(FeatureBins.Of(training.Dense), settings, training.Rows);
        var start = loss.Start();
        var scores = Array.ConvertAll(start, score =>
        {
            var ofRows = new double[training.Rows];
            Array.Fill(ofRows, score);
            return ofRows;
        });
        var stopping = new EarlyStopping(
            fitted.Apply(request.Validation.Features), LossOf(request.Target, request.Validation, values), start, (int)values[EarlyStoppingRounds]);

        var trees = Array.ConvertAll(start, _ => ImmutableArray.CreateBuilder<Tree>());
        var gradients = new double[training.Rows];
        var hessians = new double[training.Rows];
        for (var round = 1; round <= values[Trees]; round++)
        {
            loss.BeginRound(scores);
            for (var output = 0; output < trees.Length; output++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loss.FillDerivatives(output, scores[output], gradients, hessians);
                trees[output].Add(grower.Grow(gradients, hessians, scores[output], loss.RenewsLeaves ? loss.LeafValue : null));
            }

            request.Progress?.Report(round / values[Trees]);
            var isLast = Array.TrueForAll(trees, ofOutput => ofOutput[^1].Feature.Length == 1) && !settings.IsRandom;
            if (isLast || stopping.ShouldStop(trees))
            {
                break;
            }
        }

        request.Progress?.Report(1);
        ImmutableArray<Scorer> scorers =
            [.. trees.Select((ofOutput, output) => new TreeScorer(start[output], ofOutput.ToImmutable()[..stopping.Keep(ofOutput.Count)]))];
        return loss.Link == Link.Logistic
            ? DecisionThreshold.Complete(this, request, fitted, scorers[0])
            : new TrainedModel(Name, Version, fitted, scorers, request.Target, loss.Link);
    }

    private static BoostingLoss LossOf(Target target, LabeledRows rows, ImmutableSortedDictionary<string, double> values) => target.Task switch
    {
        LearningTask.Multiclass => new MulticlassLoss(rows),
        LearningTask.Regression => values[Quantile] > 0 ? new QuantileLoss(rows, values[Quantile])
            : values[TweediePower] > 0 ? new TweedieLoss(rows, values[TweediePower])
            : new SquaredLoss(rows),
        _ => new BinaryLoss(rows, values[PositiveWeight]),
    };

    /// <summary>Settings of a loss must suit the labels, and each other.</summary>
    private void RequireLoss(TrainingRequest request, ImmutableSortedDictionary<string, double> values)
    {
        var isRegression = request.Target.Task == LearningTask.Regression;
        foreach (var name in new[] { Quantile, TweediePower }.Where(name => values[name] > 0 && !isRegression))
        {
            throw new LearningException("hyperparameter-unsuited", $"{Name}: {name} is for regression, and the labels are {request.Target.Describe()}. Leave it out.");
        }

        if (values[PositiveWeight] != 1 && request.Target.Task != LearningTask.Binary)
        {
            throw new LearningException(
                "hyperparameter-unsuited", $"{Name}: {PositiveWeight} is for binary labels, and these are {request.Target.Describe()}. Leave it out, or give rows weights.");
        }

        if (values[TweediePower] is > 0 and < 1)
        {
            throw new LearningException("hyperparameter-out-of-range", $"{Name}: {TweediePower} is {values[TweediePower]}. It must be 0, or from 1 to 1.99.");
        }

        if (values[Quantile] > 0 && values[TweediePower] > 0)
        {
            throw new LearningException("hyperparameter-unsuited", $"{Name}: {Quantile} and {TweediePower} ask for two losses. Leave one out.");
        }

        if (values[TweediePower] > 0 && (request.Training.Labels.Any(label => label < 0) || request.Validation.Labels.Any(label => label < 0)))
        {
            throw new LearningException("label-negative", $"{Name}: {TweediePower} needs labels of 0 or more, and some are negative. Leave it out, or such rows.");
        }
    }
}
