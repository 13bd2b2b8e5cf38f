using System.Globalization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Definition.Templates;

/// <summary>The column that is probably predicted.</summary>
/// <param name="Column">The column.</param>
/// <param name="Rule">Which of its values are positive.</param>
/// <param name="Positive">The rule as a pipeline file has it; null when the column says so itself.</param>
/// <param name="Why">Why it was chosen.</param>
internal sealed record LabelGuess(ColumnProfile Column, LabelRule Rule, string? Positive, string Why)
{
    private static readonly string[] NameWords =
    [
        "label", "target", "outcome", "class", "churn", "churned", "fraud", "default", "survived", "converted", "cancelled", "failed", "failure", "damage",
        "y",
    ];

    private static readonly string[] TruthTexts = ["0", "1", "false", "true", "no", "yes"];

    /// <summary>
    /// A column whose name says so, two values before more; else the last one with two values; else the last one. Null when no column has a
    /// value
    /// that could be predicted.
    /// </summary>
    public static LabelGuess? Of(IReadOnlyList<ColumnProfile> profiles)
    {
        var possible = profiles.Where(static profile => profile.Kind != ColumnKind.Time && profile.Present > 0).ToArray();
        var named = possible.Where(HasLabelName).ToArray();
        return named.LastOrDefault(HasTwoValues) is { } namedPair ? Guess(namedPair, "its name says so, and it has two values")
            : possible.LastOrDefault(HasTwoValues) is { } pair && named.Length == 0 ? Guess(pair, "it has two values")
            : named.LastOrDefault() is { } word ? Guess(word, "its name says so")
            : possible.LastOrDefault() is { } last ? Guess(last, "it is the last column")
            : null;
    }

    private static bool HasTwoValues(ColumnProfile profile) => profile.Values.Count == 2;

    private static bool HasLabelName(ColumnProfile profile) =>
        profile.Name.Split([' ', '_', '-', '.'], StringSplitOptions.RemoveEmptyEntries).Any(static word => NameWords.Contains(word.ToLowerInvariant()));

    private static LabelGuess Guess(ColumnProfile column, string why)
    {
        if (column.Values.All(static value => TruthTexts.Contains(value.Text.ToLowerInvariant())))
        {
            return new(column, LabelRule.Boolean, null, why);
        }

        if (HasTwoValues(column))
        {
            // The rarer of two values is usually what one wants to know of.
            var positive = column.Values[1].Text;
            return new(column, LabelRule.EqualTo(positive), YamlText.Of(positive), why);
        }

        if (column.Numbers is { } numbers)
        {
            var middle = Middle(column, numbers.Max);
            return new(column, LabelRule.Above(middle), $"{{ above: {middle.ToString("R", CultureInfo.InvariantCulture)} }}", why);
        }

        var usual = column.Values[0].Text;
        return new(column, LabelRule.Not(usual), $"{{ not: {YamlText.Of(usual)} }}", why);
    }

    /// <summary>The median, or a lesser number when no other is greater than the median.</summary>
    private static double Middle(ColumnProfile column, double greatest)
    {
        var present = ((NumberColumn)column.Column).Values.ToArray().Where(static value => !double.IsNaN(value)).Order().ToArray();
        var median = present[present.Length / 2];
        return median < greatest ? median : present.LastOrDefault(value => value < greatest, greatest);
    }
}
