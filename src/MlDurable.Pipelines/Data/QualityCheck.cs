using System.Collections.Immutable;
using MlDurable.Learning.Drift;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Data;

/// <summary>Holds a partition against the declared expectations and against the frozen schema.</summary>
internal static class QualityCheck
{
    /// <summary>Unreadable cells are tolerated as missing values up to this share of a column; beyond it the partition is broken.</summary>
    internal const double ToleratedTypeErrors = 0.01;

    /// <summary>Checks a partition.</summary>
    /// <param name="name">The partition.</param>
    /// <param name="hash">Its content's identity.</param>
    /// <param name="content">What was read from it, as the frozen schema says.</param>
    /// <param name="features">The features of its rows, which are compared with the reference; null without one.</param>
    /// <param name="rules">The declared expectations.</param>
    /// <param name="reference">The profile of the rows that the champion learned from; null before there is a champion: then
    /// rules against the reference are not judged.</param>
    public static PartitionQuality Check(
        string name, string hash, CsvContent content, Table? features, IEnumerable<QualityRule> rules, ReferenceProfile? reference)
    {
        var findings = new List<QualityFinding>();
        findings.AddRange(Schema(content));
        findings.AddRange(rules.SelectMany(rule => Broken(rule, content, features, reference)
            .Select(found => new QualityFinding(
                LevelName(rule.Level), RuleName(rule), (rule as ColumnQualityRule)?.Column ?? found.Column, found.Found, rule.Expectation, rule.Line))));
        return Result(name, hash, findings);
    }

    /// <summary>The verdict on a partition that could not be read at all.</summary>
    public static PartitionQuality Unreadable(string name, string hash, CsvException exception) =>
        Result(name, hash, [new QualityFinding(QualityFinding.Error, exception.Code, null, exception.Message, "a readable CSV file", null)]);

    private static PartitionQuality Result(string name, string hash, List<QualityFinding> findings) =>
        new(name, hash, findings.TrueForAll(finding => finding.Level != QualityFinding.Error), [.. findings]);

    private static IEnumerable<QualityFinding> Schema(CsvContent content)
    {
        foreach (var column in content.MissingColumns)
        {
            yield return new QualityFinding(QualityFinding.Error, "schema", column, "the column is not there", $"a column '{column}', as in earlier data", null);
        }

        foreach (var column in content.ExtraColumns)
        {
            yield return new QualityFinding(QualityFinding.Warning, "schema", column, "a new column", "the columns of earlier data; it is not used", null);
        }

        foreach (var errors in content.TypeErrors)
        {
            var share = (double)errors.Count / content.Table.RowCount;
            yield return new QualityFinding(
                share > ToleratedTypeErrors ? QualityFinding.Error : QualityFinding.Warning,
                "schema",
                errors.Column,
                $"{errors.Count} of {content.Table.RowCount} values are not of type {Kind(errors.Expected)}; the first is '{errors.FirstText}' in line {errors.FirstLine}",
                $"'{errors.Column}' of type {Kind(errors.Expected)}, as in earlier data",
                null);
        }
    }

    private static IEnumerable<(string Found, string? Column)> Broken(
        QualityRule rule, CsvContent content, Table? features, ReferenceProfile? reference)
    {
        var table = content.Table;
        if (rule is ColumnQualityRule { Column: var name } && !table.TryGet(name, out _))
        {
            // A column that the schema knows and the file lacks is reported once, by the schema.
            return content.MissingColumns.Contains(name) ? [] : [("the column is not there", name)];
        }

        return rule switch
        {
            RowCountRule rows => table.RowCount < (rows.AtLeast ?? 0) || table.RowCount > (rows.AtMost ?? long.MaxValue)
                ? [($"{table.RowCount} rows", null)] : [],
            RequiredColumnRule => [],
            ColumnTypeRule type => WrongType(type, table[type.Column], content),
            RangeRule range => OutOfRange(range, table[range.Column]),
            AllowedValuesRule allowed => NotAllowed(allowed, table[allowed.Column]),
            MissingShareRule missing => (double)table[missing.Column].MissingCount / table.RowCount > missing.AtMost
                ? [($"{(double)table[missing.Column].MissingCount / table.RowCount:0.0%} missing", null)] : [],
            UniqueRule unique => Repeated(table[unique.Column]),
            KnownValuesRule known when reference is not null => Unknown(known, table[known.Column], reference),
            DriftRule drift when reference is not null && features is not null => Drifted(drift, features, reference),
            _ => [],
        };
    }

    private static IEnumerable<(string Found, string? Column)> WrongType(ColumnTypeRule rule, Column column, CsvContent content) =>
        content.TypeErrors.FirstOrDefault(errors => errors.Column == rule.Column) is { } errors && errors.Expected == rule.Kind
            ? [($"{errors.Count} values of another type; the first is '{errors.FirstText}' in line {errors.FirstLine}", null)]
            : column.Kind == rule.Kind || column.MissingCount == column.Count
                ? []
                : [($"a column of type {Kind(column.Kind)}", null)];

    private static IEnumerable<(string Found, string? Column)> OutOfRange(RangeRule rule, Column column)
    {
        if (column is not NumberColumn numbers)
        {
            return [($"a column of type {Kind(column.Kind)}", null)];
        }

        var outside = numbers.Values.ToArray().Where(value => value < rule.Minimum || value > rule.Maximum).ToList();
        return outside.Count == 0
            ? []
            : [($"{outside.Count} values outside, from {outside.Min()} to {outside.Max()}", null)];
    }

    private static IEnumerable<(string Found, string? Column)> NotAllowed(AllowedValuesRule rule, Column column)
    {
        var others = column switch
        {
            CategoryColumn categories => categories.Codes.ToArray()
                .Where(code => code >= 0)
                .Select(code => categories.Categories[code])
                .Where(value => !rule.Values.Contains(value)),
            NumberColumn numbers => numbers.Values.ToArray()
                .Where(value => !double.IsNaN(value) && !rule.Values.Any(text => double.TryParse(text, out var allowed) && allowed == value))
                .Select(value => value.ToString()),
            _ => [],
        };
        var found = others.CountBy(value => value).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        return found.Count == 0
            ? []
            : [($"{found.Sum(pair => pair.Value)} other values: {string.Join(", ", found.Take(3).Select(pair => $"'{Shortened(pair.Key)}' ({pair.Value})"))}{(found.Count > 3 ? ", …" : "")}", null)];
    }

    private static IEnumerable<(string Found, string? Column)> Repeated(Column column)
    {
        var repeated = (column switch
        {
            CategoryColumn categories => categories.Codes.ToArray().Where(code => code >= 0).Select(code => categories.Categories[code]),
            NumberColumn numbers => numbers.Values.ToArray().Where(value => !double.IsNaN(value)).Select(value => value.ToString()),
            TimeColumn times => times.Ticks.ToArray().Where(ticks => ticks != long.MinValue).Select(ticks => new DateTime(ticks, DateTimeKind.Utc).ToString("O")),
            _ => [],
        }).CountBy(value => value).Where(pair => pair.Value > 1).OrderByDescending(pair => pair.Value).ToList();
        return repeated.Count == 0 ? [] : [($"{repeated.Count} values more than once, such as '{Shortened(repeated[0].Key)}' {repeated[0].Value} times", null)];
    }

    private static IEnumerable<(string Found, string? Column)> Unknown(KnownValuesRule rule, Column column, ReferenceProfile reference)
    {
        if (column is not CategoryColumn categories
            || reference.Columns.FirstOrDefault(profile => profile.Name == rule.Column)?.Category is not { OtherIsComplete: true } seen)
        {
            return [];
        }

        var known = seen.Top.Select(category => category.Value).Concat(seen.Other).ToHashSet(StringComparer.Ordinal);
        var present = categories.Codes.ToArray().Where(code => code >= 0).Select(code => categories.Categories[code]).ToList();
        var unknown = present.Where(value => !known.Contains(value)).CountBy(value => value).OrderByDescending(pair => pair.Value).ToList();
        var share = present.Count == 0 ? 1 : 1 - ((double)unknown.Sum(pair => pair.Value) / present.Count);
        return share >= rule.AtLeast
            ? []
            : [($"{share:0.0%} known; the most frequent new value is '{Shortened(unknown[0].Key)}' ({unknown[0].Value} rows)", null)];
    }

    private static IEnumerable<(string Found, string? Column)> Drifted(DriftRule rule, Table features, ReferenceProfile reference)
    {
        var highest = rule.AtMost == DriftLimit.None ? DriftLevel.None : DriftLevel.Watch;
        return DriftTest.Compare(reference, features).Columns
            .Where(column => column.Level > highest)
            .Select(column => (column.Detail.TrimEnd('.'), (string?)column.Name));
    }

    private static string RuleName(QualityRule rule) => rule switch
    {
        RowCountRule => "rows",
        RequiredColumnRule => "required",
        ColumnTypeRule => "type",
        RangeRule => "between",
        AllowedValuesRule => "allowed",
        MissingShareRule => "missing",
        UniqueRule => "unique",
        KnownValuesRule => "known",
        _ => "drift",
    };

    private static string LevelName(QualityLevel level) => level == QualityLevel.Error ? QualityFinding.Error : QualityFinding.Warning;

    private static string Kind(ColumnKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>A value from outside, short enough for a report.</summary>
    private static string Shortened(string value) => value.Length <= 60 ? value : value[..60] + "…";
}
