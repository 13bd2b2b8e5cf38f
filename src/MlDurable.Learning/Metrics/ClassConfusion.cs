using System.Collections.Immutable;

namespace MlDurable.Learning.Metrics;

/// <summary>How decisions between several classes meet the truth: counts of rows. A row is decided to be of its most probable class.</summary>
/// <param name="Classes">The names of the classes.</param>
/// <param name="Counts">For each true class, for each decided class, the rows.</param>
public sealed record ClassConfusion(ImmutableArray<string> Classes, ImmutableArray<ImmutableArray<int>> Counts)
{
    /// <summary>Counts decisions.</summary>
    /// <param name="classes">The names of the classes.</param>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class, row by row.</param>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static ClassConfusion Count(ImmutableArray<string> classes, ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var counts = new int[classes.Length * classes.Length];
        foreach (var cell in Cells(labels, probabilities))
        {
            counts[cell]++;
        }

        return new ClassConfusion(classes, [.. counts.Chunk(classes.Length).Select(ofClass => ofClass.ToImmutableArray())]);
    }

    /// <summary>For each row its true class times the number of classes plus its decided class.</summary>
    internal static int[] Cells(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var cells = new int[labels.Length];
        for (var row = 0; row < cells.Length; row++)
        {
            cells[row] = ((int)labels[row] * classes) + MulticlassMetrics.Decision(probabilities.Slice(row * classes, classes));
        }

        return cells;
    }
}
