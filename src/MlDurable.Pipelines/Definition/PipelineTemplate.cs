using System.Globalization;
using System.Text;
using MlDurable.Learning;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition.Templates;

namespace MlDurable.Pipelines.Definition;

/// <summary>
/// Writes commented pipeline files to start from. What is a guess is marked <c>CHECK</c>. Pure and deterministic; thread-safe.
/// </summary>
public static class PipelineTemplate
{
    private const int MostNameLength = 64;
    private const int MostShownValues = 10;
    private const int ManyCategories = 50;
    private const int MostSlices = 2;
    private const int MostValuesOfASlice = 6;

    /// <summary>A pipeline's name made of a file's name or any other text: <c>Customers 2024.csv</c> gives <c>customers-2024</c>.</summary>
    /// <param name="text">The text; what follows the first dot of its name is left out.</param>
    /// <returns>A valid name; <c>pipeline</c> when the text has nothing to make one of.</returns>
    public static string NameFrom(string text)
    {
        var name = new StringBuilder();
        foreach (var character in text.Split('.', 2)[0].ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(character) || (char.IsAsciiDigit(character) && name.Length > 0))
            {
                name.Append(character);
            }
            else if (name.Length > 0 && name[^1] != '-')
            {
                name.Append('-');
            }

            if (name.Length == MostNameLength)
            {
                break;
            }
        }

        var trimmed = name.ToString().TrimEnd('-');
        return trimmed.Length > 0 ? trimmed : "pipeline";
    }

    /// <summary>An example to change.</summary>
    /// <param name="name">The pipeline's name; see <see cref="NameFrom"/>.</param>
    /// <returns>The text of a valid pipeline file.</returns>
    public static string Example(string name) => Compose(
        name,
        """
          label:
            column: outcome # CHECK: the column that is predicted
            # positive: "yes" # which of its values are positive; needed unless it holds 0 and 1, true and false, or yes and no
          # time: date # the column that orders rows: then the newest rows judge
          drop: [] # CHECK: identifiers, and what becomes known only after the outcome

        """,
        """
          - rows: { at-least: 100 }
          # - column: age
          #   type: number
          #   between: [0, 120]
          #   missing: { at-most: 0.1 }

        """,
        "hash",
        "  # slices: [region] # columns whose every value is evaluated on its own\n");

    /// <summary>A pipeline for the data of a file. The label, the time column, identifiers and leaks are guessed.</summary>
    /// <param name="name">The pipeline's name; see <see cref="NameFrom"/>.</param>
    /// <param name="sample">The rows of the file.</param>
    /// <returns>The text of a pipeline file that loads without a problem.</returns>
    /// <exception cref="LearningException">
    /// <c>no-label-column</c>: no column can be predicted, since all are times or without a value.
    /// </exception>
    public static string From(string name, Table sample)
    {
        var profiles = sample.Columns.Select(ColumnProfile.Of).ToArray();
        var label = LabelGuess.Of(profiles)
            ?? throw new LearningException("no-label-column", "The data has no column that can be predicted: all are times, or without a value.");
        var time = profiles.Where(static profile => profile.Kind == ColumnKind.Time && profile.Present > 0).MinBy(static profile => profile.Missing);
        var dropped = DroppedColumns(sample, profiles, label);
        var features = profiles.Where(profile => profile != label.Column && profile != time && !dropped.ContainsKey(profile.Name)).ToArray();
        return Compose(name, Data(label, time, dropped), Quality(sample.RowCount, features, label, time), time is null ? "hash" : "time", Slices(features));
    }

    private static string Compose(string name, string data, string quality, string splitBy, string slices) =>
        $$"""
        # Written by `mldurable init`: look at the lines marked CHECK. Every key is explained in docs/pipeline-file.md.
        pipeline: {{name}}
        description: "" # CHECK: what the prediction is for
        seed: 1

        data:
          files: {{name}}/*.csv* # one file, .csv or .csv.gz, is one partition; add files as they come
          window: all
        {{data}}
        # Checked for every new file before anything is learned from it.
        quality:
        {{quality}}  - drift: { at-most: watch, level: warning }

        features:
          numeric: [impute-median, standardize]
          categorical: { encode: one-hot, fold-rarer-than: 20 }
          dates: [month, weekday]

        split: { by: {{splitBy}}, validation: 0.15, holdout: 0.2 }

        train:
          search: { strategy: grid, parallel: 2 }
          candidates:
            - trainer: logistic-regression
              l2: [0.1, 1, 10]
            - trainer: gradient-boosting
              trees: [100, 200]
              leaves: [8, 31]
              learning-rate: 0.05

        evaluate:
          primary: roc-auc
          also: [pr-auc, log-loss, calibration-error]
        {{slices}}
        promote:
          model: {{name}}
          gates: [better-than: baseline]
          versus-champion: { rule: non-inferior, margin: 0.005, confidence: 0.95 } # one-sided

        """;

    /// <summary>The columns that should be no features, with the reason.</summary>
    private static SortedDictionary<string, string> DroppedColumns(Table sample, ColumnProfile[] profiles, LabelGuess label)
    {
        var dropped = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var profile in profiles.Where(profile => profile != label.Column && profile.Kind != ColumnKind.Time))
        {
            if (profile.ReasonToDrop is { } reason)
            {
                dropped.Add(profile.Name, reason);
            }
        }

        var features = sample.Without([label.Column.Name, .. dropped.Keys]);
        if (features.Columns.Count == 0)
        {
            return dropped;
        }

        // Rows without an outcome say nothing about leaks.
        var outcomes = ((NumberColumn)label.Rule.Apply(label.Column.Column)).Values.ToArray();
        var known = Enumerable.Range(0, sample.RowCount).Where(row => !double.IsNaN(outcomes[row])).ToArray();
        foreach (var leak in LeakDetector.Find(features.Take(known), [.. known.Select(row => outcomes[row])]))
        {
            dropped.Add(leak.Column, $"{leak.Why}; keep it only if it is known before the outcome");
        }

        return dropped;
    }

    private static string Data(LabelGuess label, ColumnProfile? time, SortedDictionary<string, string> dropped)
    {
        var text = new StringBuilder();
        text.Append($"  label:\n    column: {YamlText.Of(label.Column.Name)} # CHECK: {YamlText.Comment(label.Why)}\n");
        if (label.Positive is { } positive)
        {
            text.Append($"    positive: {positive} # CHECK: which values are positive\n");
        }

        text.Append(time is null
            ? "  # time: date # no column holds times; with one, the newest rows judge\n"
            : $"  time: {YamlText.Of(time.Name)} # orders rows: the newest ones judge\n");
        if (dropped.Count == 0)
        {
            text.Append("  drop: [] # CHECK: identifiers, and what becomes known only after the outcome\n");
        }
        else
        {
            text.Append("  drop: # CHECK: identifiers, and what becomes known only after the outcome\n");
            foreach (var (column, reason) in dropped)
            {
                text.Append($"    - {YamlText.Of(column)} # CHECK: {YamlText.Comment(reason)}\n");
            }
        }

        return text.ToString();
    }

    private static string Quality(int rows, ColumnProfile[] features, LabelGuess label, ColumnProfile? time)
    {
        var text = new StringBuilder($"  - rows: {{ at-least: {Math.Max(1, rows / 10)} }} # CHECK: this file has {rows}\n");
        if (time is not null)
        {
            AppendRule(text, time);
        }

        AppendRule(text, label.Column);
        foreach (var feature in features)
        {
            AppendRule(text, feature);
        }

        return text.ToString();
    }

    private static void AppendRule(StringBuilder text, ColumnProfile profile)
    {
        text.Append($"  - column: {YamlText.Of(profile.Name)}\n");
        text.Append(profile.Kind == ColumnKind.Category ? "" : $"    type: {profile.Kind.ToString().ToLowerInvariant()}\n");
        text.Append($"    missing: {{ at-most: {MostMissing(profile)} }} # {profile.Missing} of {profile.Count} here\n");
        if (profile.Numbers is { } numbers)
        {
            text.Append($"    # between: [{Number(numbers.Min)}, {Number(numbers.Max)}] # what this file has\n");
        }
        else if (profile.Values.Count is > 0 and <= MostShownValues)
        {
            text.Append($"    # allowed: [{string.Join(", ", profile.Values.Select(static value => YamlText.Of(value.Text)))}] # what this file has\n");
        }
        else if (profile.Kind == ColumnKind.Category)
        {
            var many = profile.Values.Count > ManyCategories ? ": many; rare ones are folded into one" : "";
            text.Append($"    # known: {{ at-least: 0.9 }} # {profile.Values.Count} values here{many}\n");
        }
    }

    /// <summary>A twentieth when nothing is missing here; else a tenth more than here, in whole tenths.</summary>
    private static string MostMissing(ColumnProfile profile) =>
        profile.Missing == 0 ? "0.05" : Number(Math.Min(10, 1 + (int)Math.Ceiling(10.0 * profile.Missing / profile.Count)) / 10.0);

    private static string Slices(ColumnProfile[] features)
    {
        var slices = features
            .Where(static feature => feature.Kind == ColumnKind.Category && feature.Values.Count is >= 2 and <= MostValuesOfASlice)
            .Take(MostSlices)
            .Select(static feature => YamlText.Of(feature.Name))
            .ToArray();
        return slices.Length == 0
            ? "  # slices: [region] # columns whose every value is evaluated on its own\n"
            : $"  slices: [{string.Join(", ", slices)}] # CHECK: columns whose every value is evaluated on its own\n";
    }

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
