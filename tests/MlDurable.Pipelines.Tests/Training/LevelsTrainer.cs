using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>A trainer of the tests' own, registered before any of them: naive Bayes on the levels of categories.</summary>
internal sealed class LevelsTrainer(string name) : CustomTrainer
{
    public const string Registered = "test-levels";

    private static volatile string version = "1";

    /// <summary>The version of all instances; a test that changes it puts it back.</summary>
    public static string CurrentVersion
    {
        get => version;
        set => version = value;
    }

    public override string Name => name;

    public override string Version => version;

    public override string Description => "Tells classes apart by the levels of categories.";

    public override IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } = [new("smoothing", 0.1, 1000, 1, IsInteger: false, "Rows that are added to each level.")];

    [ModuleInitializer]
    internal static void Register() => Trainers.Register(new LevelsTrainer(Registered));

    protected override FeatureRecipe Adapt(FeatureRecipe recipe) => recipe with { Encoding = CategoryEncoding.OneHot };

    protected override ICustomScorer Learn(CustomTraining training, CancellationToken cancellationToken)
    {
        var counts = new double[2, training.Rows.FeatureCount];
        foreach (var block in training.Rows.Hot)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var row = 0; row < block.Length; row++)
            {
                if (block[row] >= 0)
                {
                    counts[(int)training.Labels[row], block[row]]++;
                }
            }
        }

        var smoothing = training.Hyperparameters["smoothing"];
        var positives = training.Labels.Sum();
        var negatives = training.Labels.Length - positives;
        return new Scorer(
        [
            Math.Log(positives / negatives),
            .. Enumerable.Range(0, training.Rows.FeatureCount)
                .Select(feature => Math.Log((counts[1, feature] + smoothing) / (positives + smoothing) * (negatives + smoothing) / (counts[0, feature] + smoothing))),
        ]);
    }

    protected override ICustomScorer Read(ReadOnlySpan<byte> state, int denseCount, int featureCount)
    {
        var weights = MemoryMarshal.Cast<byte, double>(state).ToArray();
        return weights.Length == featureCount + 1 ? new Scorer(weights) : throw new FormatException("The state is not one number for each feature.");
    }

    private sealed class Scorer(double[] weights) : ICustomScorer
    {
        public double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot)
        {
            var score = weights[0];
            foreach (var feature in hot)
            {
                score += feature < 0 ? 0 : weights[feature + 1];
            }

            return score;
        }

        public byte[] ToBytes() => MemoryMarshal.AsBytes(weights.AsSpan()).ToArray();
    }
}
