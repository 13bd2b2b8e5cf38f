using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

/// <summary>Small synthetic problems.</summary>
internal static class TrainingData
{
    /// <summary>Two numbers, a category and the label that logistic_reference.py makes too.</summary>
    public static LabeledRows Logistic(int rows, ulong seed)
    {
        var random = new SplitMix64(seed);
        double[] x1 = new double[rows], x2 = new double[rows], labels = new double[rows];
        var categories = new string[rows];
        for (var row = 0; row < rows; row++)
        {
            x1[row] = (random.NextUniform() * 4) - 2;
            x2[row] = random.NextUniform() * 10;
            var category = random.NextInt(3);
            categories[row] = "abc"[category].ToString();
            var logOdds = (0.8 * x1[row]) - (0.3 * x2[row]) + (category == 1 ? 1 : category == 2 ? -1 : 0);
            labels[row] = random.NextUniform() < 1 / (1 + Math.Exp(-logOdds)) ? 1 : 0;
        }

        return new LabeledRows(new Table(new NumberColumn("x1", x1), new NumberColumn("x2", x2), CategoryColumn.FromTexts("c", categories)), labels);
    }

    /// <summary>Like <see cref="Logistic"/>, with missing cells, a constant column, an all-missing one and rare categories.</summary>
    public static LabeledRows Awkward(int rows, ulong seed)
    {
        var plain = Logistic(rows, seed);
        var random = new SplitMix64(seed + 1);
        var x2 = ((NumberColumn)plain.Features["x2"]).Values.ToArray();
        var texts = new string?[rows];
        for (var row = 0; row < rows; row++)
        {
            x2[row] = random.NextInt(4) == 0 ? double.NaN : x2[row];
            texts[row] = random.NextInt(10) switch { 0 => null, 1 => $"rare {random.NextInt(rows)}", _ => ((CategoryColumn)plain.Features["c"]).TextAt(row) };
        }

        return plain with
        {
            Features = new Table(
                plain.Features["x1"],
                new NumberColumn("x2", x2),
                CategoryColumn.FromTexts("c", texts),
                new NumberColumn("constant", Enumerable.Repeat(7.5, rows).ToArray()),
                Column.AllMissing("missing number", ColumnKind.Number, rows),
                Column.AllMissing("missing category", ColumnKind.Category, rows)),
        };
    }

    /// <summary>The rows with labels of a task that a trainer learns, the first that it names or another.</summary>
    public static LabeledRows For(ITrainer trainer, LabeledRows rows, LearningTask? task = null) => (task ?? trainer.Tasks[0]) switch
    {
        LearningTask.Regression => rows with { Target = Target.Regression },
        LearningTask.Multiclass => rows with { Target = Target.Multiclass(["a", "b", "c"]), Labels = [.. rows.Labels.Select((label, row) => row % 5 == 0 ? 2 : label)] },
        _ => rows,
    };

    public static LabeledRows Take(LabeledRows rows, int[] indices) => rows.Take(indices);

    public static TrainingRequest Request(LabeledRows training, LabeledRows? validation = null, params (string Name, double Value)[] hyperparameters) => new()
    {
        Training = training,
        Validation = validation ?? new LabeledRows(training.Features.Take([]), []),
        Hyperparameters = hyperparameters.ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal),
    };
}
