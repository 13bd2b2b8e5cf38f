using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>Feature rows with their labels.</summary>
/// <param name="Features">The feature columns; columns whose names begin with @ are no features.</param>
/// <param name="Labels">For each row a label of <see cref="Target"/>.</param>
public sealed record LabeledRows(Table Features, double[] Labels)
{
    /// <summary>What the labels are. Default: 1 (positive) and 0 (negative).</summary>
    public Target Target { get; init; } = Target.Binary;

    /// <summary>How much each row counts: finite, at least 0; null (the default) where each counts 1.</summary>
    public double[]? Weights { get; init; }

    /// <summary>Takes the rows that have a label from a table that <see cref="RowFeatures.Build"/> made.</summary>
    /// <param name="built">A table with the column <c>@label</c>: of numbers (then <paramref name="task"/> tells what they are) or of classes.</param>
    /// <param name="task">The task of labels that are numbers. Default: binary.</param>
    /// <returns>The features, without the columns whose names begin with @, the labels and, with <c>@weight</c>, the weights.</returns>
    /// <exception cref="LearningException"><c>unknown-column</c>: there is no column <c>@label</c>; or as <see cref="Features.Target.OfClasses"/>.</exception>
    public static LabeledRows From(Table built, LearningTask task = LearningTask.Binary)
    {
        var (target, labels) = built[RowFeatures.LabelColumn] switch
        {
            CategoryColumn classes => Target.OfClasses(classes),
            var numbers => (task == LearningTask.Regression ? Target.Regression : Target.Binary, ((NumberColumn)numbers).Values.ToArray()),
        };
        var features = new Table([.. built.Columns.Where(column => !column.Name.StartsWith('@'))]);
        var all = new LabeledRows(features, labels)
        {
            Target = target,
            Weights = built.TryGet(RowFeatures.WeightColumn, out var weights) ? ((NumberColumn)weights).Values.ToArray() : null,
        };
        int[] labelled = [.. Enumerable.Range(0, labels.Length).Where(row => !double.IsNaN(labels[row]))];
        return labelled.Length == labels.Length ? all : all.Take(labelled);
    }

    /// <summary>The rows that count: those whose weight is not 0.</summary>
    internal LabeledRows WithWeight() => Weights is null || !Weights.Contains(0)
        ? this
        : Take([.. Enumerable.Range(0, Weights.Length).Where(row => Weights[row] > 0)]);

    /// <summary>Some of the rows.</summary>
    /// <param name="rows">Their places.</param>
    public LabeledRows Take(int[] rows) => this with
    {
        Features = Features.Take(rows),
        Labels = Array.ConvertAll(rows, row => Labels[row]),
        Weights = Weights is null ? null : Array.ConvertAll(rows, row => Weights[row]),
    };
}
