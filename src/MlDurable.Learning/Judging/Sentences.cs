using System.Globalization;

namespace MlDurable.Learning.Judging;

/// <summary>The findings in words, with their numbers.</summary>
internal static class Sentences
{
    public static string Signed(double value) => value.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture);

    public static string Gate(GateResult result)
    {
        var sign = result.Gate.Comparison switch
        {
            GateComparison.AtLeast => ">=",
            GateComparison.AtMost => "<=",
            GateComparison.Above => ">",
            _ => "<",
        };
        var value = double.IsNaN(result.Value) ? "undefined on these rows" : $"{result.Value:0.0000}";
        return $"{result.Gate.Metric.DisplayName} is {value}; the gate asks for {sign} {result.Gate.Bound}.";
    }

    public static string Comparison(JudgeEvidence evidence, PairedDifference difference, string reference, Standing standing, ChampionRule rule)
    {
        var numbers = $"{evidence.Primary.DisplayName} {difference.Candidate:0.0000} against the {reference}'s {difference.Reference:0.0000}: "
            + $"a gain of {Signed(difference.Delta)}, {difference.Interval.Confidence:0.##%} interval "
            + $"{Signed(difference.Interval.Low)} to {Signed(difference.Interval.High)} on {difference.Rows} rows";
        var margin = $"{evidence.Margin:0.####}";
        var conclusion = standing switch
        {
            Standing.Better => $"better than the {reference}",
            Standing.AsGood => $"not worse than the {reference} by the margin of {margin}",
            Standing.Worse => $"worse than the {reference} by at least the margin of {margin}",
            Standing.NotBetter => $"not better than the {reference} by as much as the margin of {margin}",
            Standing.Open when rule == ChampionRule.Superior => $"too few rows to say whether it is better than the {reference}",
            Standing.Open => $"too few rows to say whether it is within the margin of {margin} of the {reference}",
            _ when rule == ChampionRule.Superior => $"not shown to be better than the {reference}",
            _ => $"not shown to be within the margin of {margin} of the {reference}, on rows enough to show it of an equal model",
        };
        return $"{numbers}; {conclusion}.";
    }

    public static string Slices(JudgeEvidence evidence)
    {
        if (evidence.VersusChampion is null)
        {
            return $"{evidence.Slices.Length} slices are shown; there is no champion to compare them with.";
        }

        var tested = evidence.Slices.Count(slice => slice.Difference is not null);
        var worse = evidence.Slices.Where(slice => slice.Finding == SliceFinding.ShownWorse).Select(slice =>
            $"{slice.Column} = {slice.Value} ({Signed(slice.Difference!.Delta)} on {slice.Rows} rows, corrected p {slice.PValue:0.####})").ToList();
        var unproven = evidence.Slices.Where(slice => slice.Finding == SliceFinding.NotShownNonInferior).Select(slice =>
            $"{slice.Column} = {slice.Value} (lower end {Signed(slice.Difference!.Interval.Low)} on {slice.Rows} rows)").ToList();
        return worse.Count > 0
            ? $"{worse.Count} of {tested} tested slices shown worse by more than twice the margin of {evidence.Margin:0.####}: {string.Join(", ", worse)}."
            : unproven.Count > 0
                ? $"{unproven.Count} of {tested} tested slices not shown to be within the margin of {evidence.Margin:0.####}: {string.Join(", ", unproven)}."
                : $"None of {tested} tested slices fails; {evidence.Slices.Length - tested} more are too small to test.";
    }
}
