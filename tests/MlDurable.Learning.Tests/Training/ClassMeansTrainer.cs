using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

/// <summary>A trainer of the tests' own, registered before any of them: how far a row lies towards the mean of either class.</summary>
internal sealed class ClassMeansTrainer : CustomTrainer
{
    public const string TrainerName = "test-class-means";

    public override string Name => TrainerName;

    public override string Description => "Tells classes apart by their means.";

    public override IReadOnlyList<HyperparameterSpec> Hyperparameters { get; } = [new("shrink", 0, 1, 0, IsInteger: false, "The share of each weight that is taken off.")];

    [ModuleInitializer]
    internal static void Register() => Trainers.Register(new ClassMeansTrainer());

    protected override FeatureRecipe Adapt(FeatureRecipe recipe) => recipe with { Encoding = CategoryEncoding.OneHot };

    protected override ICustomScorer Learn(CustomTraining training, CancellationToken cancellationToken)
    {
        var positives = training.Labels.Sum();
        var weights = new List<double> { Math.Log(positives / (training.Labels.Length - positives)) };
        foreach (var column in training.Rows.Dense)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double Mean(double label) => column.Where((_, row) => training.Labels[row] == label).Average();
            weights.Add((Mean(1) - Mean(0)) * (1 - training.Hyperparameters["shrink"]));
            training.Progress?.Report((double)weights.Count / (training.Rows.Dense.Length + 1));
        }

        return new Scorer([.. weights]);
    }

    protected internal override ICustomScorer Read(ReadOnlySpan<byte> state, int denseCount, int featureCount)
    {
        var weights = MemoryMarshal.Cast<byte, double>(state).ToArray();
        return weights.Length == denseCount + 1 && state.Length == weights.Length * sizeof(double) && weights.All(weight => Math.Abs(weight) <= 1e100)
            ? new Scorer(weights)
            : throw new FormatException("The state is not one number for each feature.");
    }

    private sealed class Scorer(double[] weights) : ICustomScorer
    {
        public double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot)
        {
            var score = weights[0];
            for (var i = 0; i < dense.Length; i++)
            {
                score += weights[i + 1] * dense[i];
            }

            return score;
        }

        public byte[] ToBytes() => MemoryMarshal.AsBytes(weights.AsSpan()).ToArray();
    }
}
