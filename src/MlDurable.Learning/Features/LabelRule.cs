using System.Globalization;
using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What the cells of the label column say.</summary>
public enum LabelRuleKind
{
    /// <summary>The cell says so itself: 1, true or yes against 0, false or no, in any letter case.</summary>
    Boolean,

    /// <summary>Any value but the given one is positive.</summary>
    Not,

    /// <summary>Only the given value is positive.</summary>
    EqualTo,

    /// <summary>Numbers greater than the limit are positive.</summary>
    Above,

    /// <summary>The cell is the name of the row's class.</summary>
    Class,

    /// <summary>The cell is the number that is predicted.</summary>
    Number,
}

/// <summary>Tells what the cells of the label column say: which are positive, or that they are classes or numbers. Made with <see cref="Boolean"/>,
/// <see cref="Not"/>, <see cref="EqualTo"/>, <see cref="Above"/>, <see cref="Class"/> or <see cref="Number"/>.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Value">The value of <see cref="LabelRuleKind.Not"/> and <see cref="LabelRuleKind.EqualTo"/>; compared exactly, or as a
/// number where the column is one.</param>
/// <param name="Limit">The limit of <see cref="LabelRuleKind.Above"/>.</param>
public sealed record LabelRule(LabelRuleKind Kind, string? Value = null, double? Limit = null)
{
    /// <summary>The column holds 0 and 1, true and false, or yes and no.</summary>
    public static LabelRule Boolean { get; } = new(LabelRuleKind.Boolean);

    /// <summary>Any value but one is positive.</summary>
    /// <param name="value">The only negative value.</param>
    /// <returns>The rule.</returns>
    public static LabelRule Not(string value) => new(LabelRuleKind.Not, Value: value);

    /// <summary>Only one value is positive.</summary>
    /// <param name="value">The only positive value.</param>
    /// <returns>The rule.</returns>
    public static LabelRule EqualTo(string value) => new(LabelRuleKind.EqualTo, Value: value);

    /// <summary>Numbers above a limit are positive.</summary>
    /// <param name="limit">The greatest negative number.</param>
    /// <returns>The rule.</returns>
    public static LabelRule Above(double limit) => new(LabelRuleKind.Above, Limit: limit);

    /// <summary>Each value is a class.</summary>
    public static LabelRule Class { get; } = new(LabelRuleKind.Class);

    /// <summary>The numbers of the column are predicted.</summary>
    public static LabelRule Number { get; } = new(LabelRuleKind.Number);

    /// <summary>The task of models that learn such labels.</summary>
    [JsonIgnore]
    public LearningTask Task => Kind switch
    {
        LabelRuleKind.Class => LearningTask.Multiclass,
        LabelRuleKind.Number => LearningTask.Regression,
        _ => LearningTask.Binary,
    };

    /// <summary>The labels of a column.</summary>
    /// <param name="column">The label column.</param>
    /// <returns>
    /// A number column of 1 (positive), 0 (negative) and missing; or for <see cref="Class"/> a category column; or for <see cref="Number"/> the numbers:
    /// in each case with the name of <paramref name="column"/>.
    /// </returns>
    /// <exception cref="LearningException">
    /// <c>label-not-boolean</c>, <c>label-not-number</c> or <c>label-is-time</c>: the rule cannot be applied to this column.
    /// </exception>
    public Column Apply(Column column) => (Kind, column) switch
    {
        (LabelRuleKind.Class, NumberColumn or CategoryColumn) => CategoryColumn.FromValues(column, column.Name),
        (LabelRuleKind.Number, NumberColumn numbers) => numbers,
        (LabelRuleKind.Number, CategoryColumn { IsAllMissing: true }) => Column.AllMissing(column.Name, ColumnKind.Number, column.Count),
        (LabelRuleKind.Number, CategoryColumn categories) => throw new LearningException(
            "label-not-number",
            $"The label column '{column.Name}' holds texts, such as '{categories.Categories[0]}', but the task is regression. Give numbers, or say that the task is multiclass."),
        (_, NumberColumn numbers) => new NumberColumn(column.Name, ApplyTo(numbers)),
        (_, CategoryColumn categories) => new NumberColumn(column.Name, ApplyTo(categories)),
        _ => throw new LearningException("label-is-time", $"The label column '{column.Name}' holds times. A label is a text or a number."),
    };

    private double[] ApplyTo(NumberColumn column)
    {
        var value = double.NaN;
        if (Kind is LabelRuleKind.Not or LabelRuleKind.EqualTo
            && !double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            throw new LearningException(
                "label-not-number", $"The label column '{column.Name}' holds numbers, but the rule compares it with the text '{Value}'.");
        }

        var labels = new double[column.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            var cell = column.Values[row];
            labels[row] = double.IsNaN(cell)
                ? double.NaN
                : Kind switch
                {
                    LabelRuleKind.Not => cell == value ? 0 : 1,
                    LabelRuleKind.EqualTo => cell == value ? 1 : 0,
                    LabelRuleKind.Above => cell > Limit ? 1 : 0,
                    _ => cell is 0 or 1 ? cell : throw NotBoolean(column.Name, row, cell.ToString(CultureInfo.InvariantCulture)),
                };
        }

        return labels;
    }

    private double[] ApplyTo(CategoryColumn column)
    {
        if (Kind == LabelRuleKind.Above)
        {
            throw new LearningException(
                "label-not-number", $"The label column '{column.Name}' holds texts, but the rule asks for numbers above {Limit}.");
        }

        var labels = new double[column.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            var text = column.TextAt(row);
            labels[row] = text is null
                ? double.NaN
                : Kind switch
                {
                    LabelRuleKind.Not => text == Value ? 0 : 1,
                    LabelRuleKind.EqualTo => text == Value ? 1 : 0,
                    _ => text.ToUpperInvariant() switch
                    {
                        "1" or "TRUE" or "YES" => 1,
                        "0" or "FALSE" or "NO" => 0,
                        _ => throw NotBoolean(column.Name, row, text),
                    },
                };
        }

        return labels;
    }

    private static LearningException NotBoolean(string column, int row, string text) => new(
        "label-not-boolean",
        $"The label column '{column}' holds '{text}' in row {row + 1}. "
        + "Without a rule it must hold 0 and 1, true and false, or yes and no; say which values are positive.");
}
