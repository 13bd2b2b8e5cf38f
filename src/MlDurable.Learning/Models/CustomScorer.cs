using MlDurable.Learning.Features;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Models;

/// <summary>A scorer of a <see cref="CustomTrainer"/>. A file holds only its state, and <see cref="Open"/> has the trainer read it.</summary>
internal sealed record CustomScorer(byte[] State) : Scorer
{
    /// <summary>The most bytes of state.</summary>
    public const int MaxStateBytes = 64 << 20;

    private ICustomScorer Inner
    {
        get => field ?? throw new InvalidOperationException("The state has not been read.");
        init;
    }

    private string Trainer { get; init; } = "";

    /// <summary>The same state, read by its trainer, whatever that throws.</summary>
    public CustomScorer Open(CustomTrainer trainer, FittedFeatures features) =>
        new(State) { Inner = trainer.Read(State, features.DenseCount, features.OutputNames.Length), Trainer = trainer.Name };

    public override double[] Scores(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        var dense = new double[features.Dense.Length];
        var hot = new int[features.Hot.Length];
        for (var row = 0; row < scores.Length; row++)
        {
            for (var i = 0; i < dense.Length; i++)
            {
                dense[i] = features.Dense[i][row];
            }

            for (var i = 0; i < hot.Length; i++)
            {
                hot[i] = features.Hot[i][row];
            }

            scores[row] = Score(dense, hot);
        }

        return scores;
    }

    public override Func<double[], int[], double> RowByRow() => (dense, hot) => Score(dense, hot);

    public override bool IsSound(int featureCount) => State.Length <= MaxStateBytes;

    private double Score(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot)
    {
        var score = Inner.LogOdds(dense, hot);
        return !double.IsNaN(score)
            ? score
            : throw new LearningException(
                "score-missing", $"The model of the trainer '{Trainer}' gives a row no number. Have its LogOdds return one for every row.");
    }
}
