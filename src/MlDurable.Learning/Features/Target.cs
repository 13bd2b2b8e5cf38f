using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What is predicted: the task and, where there are several, the classes. Immutable; equal to another of the same task and classes.</summary>
/// <remarks>
/// A label is a number: 1 (positive) or 0 (negative) for <see cref="LearningTask.Binary"/>, the place among <see cref="Classes"/> for
/// <see cref="LearningTask.Multiclass"/>, any finite number for <see cref="LearningTask.Regression"/>.
/// </remarks>
public sealed record Target
{
    /// <summary>The most classes.</summary>
    public const int MaxClasses = 256;

    private Target(LearningTask task, ImmutableArray<string> classes)
    {
        Task = task;
        Classes = classes;
    }

    /// <summary>Positive or negative.</summary>
    public static Target Binary { get; } = new(LearningTask.Binary, []);

    /// <summary>A number.</summary>
    public static Target Regression { get; } = new(LearningTask.Regression, []);

    /// <summary>The kind of label.</summary>
    public LearningTask Task { get; }

    /// <summary>The names of the classes, in the order of their numbers; empty but for <see cref="LearningTask.Multiclass"/>.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <summary>How many numbers a model predicts for a row: one for each class, or 1.</summary>
    public int OutputCount => Task == LearningTask.Multiclass ? Classes.Length : 1;

    /// <summary>One of several classes.</summary>
    /// <param name="classes">Their names, each once: at least 2, at most <see cref="MaxClasses"/>.</param>
    /// <exception cref="LearningException"><c>one-class</c>, <c>too-many-classes</c> or <c>duplicate-class</c>.</exception>
    public static Target Multiclass(ImmutableArray<string> classes)
    {
        if (classes.Length < 2)
        {
            throw new LearningException(
                "one-class",
                classes.IsEmpty
                    ? "No row has a label. Check that the label column has values."
                    : $"All rows are of the class '{classes[0]}': there is nothing to tell apart. Widen the data window, or check the label column.");
        }

        if (classes.Length > MaxClasses)
        {
            throw new LearningException(
                "too-many-classes",
                $"The label column has {classes.Length:N0} different values, such as '{classes[0]}' and '{classes[1]}'; there may be {MaxClasses} classes. "
                + "Group them, or if they are numbers to be predicted say that the task is regression.");
        }

        return classes.Distinct(StringComparer.Ordinal).Count() == classes.Length
            ? new Target(LearningTask.Multiclass, classes)
            : throw new LearningException("duplicate-class", "A class has the name of another.");
    }

    /// <summary>The classes of a label column, and the labels of its rows.</summary>
    /// <param name="column">The label of each row.</param>
    /// <returns>The classes that occur, in the order of their numbers if all are numbers, else in ordinal order; for each row the place of its class,
    /// <see cref="double.NaN"/> where missing.</returns>
    /// <exception cref="LearningException">As <see cref="Multiclass"/>.</exception>
    public static (Target Target, double[] Labels) OfClasses(CategoryColumn column)
    {
        var occurs = new bool[column.Categories.Count];
        foreach (var code in column.Codes)
        {
            if (code != CategoryColumn.MissingCode)
            {
                occurs[code] = true;
            }
        }

        var classes = column.Categories.Where((_, code) => occurs[code]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var numbers = classes.ConvertAll(name => double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN);
        if (!numbers.Exists(double.IsNaN))
        {
            classes = [.. classes.Zip(numbers).OrderBy(pair => pair.Second).Select(pair => pair.First)];
        }

        var target = Multiclass([.. classes]);
        var places = classes.Index().ToDictionary(pair => pair.Item, pair => (double)pair.Index, StringComparer.Ordinal);
        var labels = new double[column.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            labels[row] = column.TextAt(row) is { } text ? places[text] : double.NaN;
        }

        return (target, labels);
    }

    /// <summary>Gives the probabilities of a model's classes as those of other classes, by their names.</summary>
    /// <param name="predictions">A number for each row and class of this target, row by row; for other tasks returned as they are.</param>
    /// <param name="classes">The classes that are asked for; a class that is not among <see cref="Classes"/> gets the probability 0.</param>
    /// <returns>A number for each row and class of <paramref name="classes"/>, row by row.</returns>
    /// <exception cref="LearningException"><c>task-mismatch</c>: <paramref name="classes"/> is of another task.</exception>
    public double[] Align(double[] predictions, Target classes)
    {
        if (classes.Task != Task)
        {
            throw new LearningException("task-mismatch", $"The model predicts {Describe()}, but {classes.Describe()} is asked for. Train a model of that task.");
        }

        if (Equals(classes))
        {
            return predictions;
        }

        var places = classes.Classes.Select(name => Classes.IndexOf(name)).ToArray();
        var aligned = new double[predictions.Length / OutputCount * places.Length];
        for (var i = 0; i < aligned.Length; i++)
        {
            var place = places[i % places.Length];
            aligned[i] = place < 0 ? 0 : predictions[(i / places.Length * OutputCount) + place];
        }

        return aligned;
    }

    /// <summary>Compares task and classes.</summary>
    /// <param name="other">Another target.</param>
    public bool Equals(Target? other) => other is not null && Task == other.Task && Classes.SequenceEqual(other.Classes, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Classes.Aggregate(HashCode.Combine(Task), (hash, name) => HashCode.Combine(hash, name));

    /// <summary>What is predicted, for a sentence.</summary>
    internal string Describe() => Task switch
    {
        LearningTask.Multiclass => $"one of {Classes.Length} classes",
        LearningTask.Regression => "a number",
        _ => "positive or negative",
    };
}
