using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>Each mistake that a person can make: one problem, at its place, in words that help.</summary>
public sealed class PipelineMistakesTests
{
    public static TheoryData<string, string, string> Mistakes => new()
    {
        // Keys
        { "leaves: 8", "leafs: 8", "30:7: x" },
        { "seed: 7", "sed: 7", "x" },
        { "description: Will it break?", "triggers: []", "x" },
        { "seed: 7", "retention: { keep-runs: 90d }", "x" },
        { "seed: 7", "frobnicate: true", "x" },
        { "seed: 7", "seed: 7\nseed: 8", "x" },
        { "seed: 7", "1: 7", "x" },
        { "pipeline: damage\n", "", "x" },
        { "  files: strikes/*.csv\n", "", "x" },
        { "column: Effect, ", "", "x" },
        { "trainer: logistic-regression\n      l2", "l2", "x" },
        { "at-most: 0.5", "", "x" },
        { "rows: { at-least: 100 }", "rows: {}", "x" },
        { "column: Speed", "colum: Speed", "x" },
        { "column: Speed\n    type", "type", "x" },
        { "- rows: { at-least: 100 }", "- size: { at-least: 100 }", "x" },
        { "- rows: { at-least: 100 }", "- {}", "x" },
        { "- rows: { at-least: 100 }", "- rows: { at-least: 100 }\n    column: Size", "x" },
        { "search: { strategy: grid, parallel: 2 }", "search: { strategy: grid, parallel: 2, budget: 10m }", "x" },

        // Types
        { "pipeline: damage", "pipeline: 12", "x" },
        { "pipeline: damage", "pipeline: \"${margin}\"", "x" },
        { "pipeline: damage", "pipeline: Bird Strikes", "x" },
        { "description: Will it break?", "description: 2024", "x" },
        { "description: Will it break?", "description: [a]", "x" },
        { "seed: 7", "seed: seven", "x" },
        { "seed: 7", "seed: \"7\"", "x" },
        { "seed: 7", "seed: 08", "x" },
        { "seed: 7", "seed: 1.5", "x" },
        { "seed: 7", "seed: -1", "x" },
        { "seed: 7", "seed: 18446744073709551616", "x" },
        { "seed: 7", "seed:", "x" },
        { "  window: all", "  window: al", "x" },
        { "  window: all", "  window: { last: 0 }", "x" },
        { "  window: all", "  window: { last: 3, days: 2 }", "x" },
        { "  window: all", "  window: {}", "x" },
        { "  window: all", "  window: [all]", "x" },
        { "files: strikes/*.csv", "files: /strikes/*.csv", "x" },
        { "files: strikes/*.csv", "files: ../strikes/*.csv", "x" },
        { "positive: { not: None }", "positive: { not: null }", "x" },
        { "positive: { not: None }", "positive: { above: None }", "x" },
        { "positive: { not: None }", "positive: { nott: None }", "x" },
        { "time: Date", "time: \"\"", "x" },
        { "drop: [Cost, Repair]", "drop: Cost", "x" },
        { "drop: [Cost, Repair]", "drop: [Cost, 5]", "x" },
        { "  time: Date", "  time: Date\n  on-quarantine: ignore", "x" },
        { "split: { by: time, validation: 0.15, holdout: 0.2 }", "split: by time", "x" },
        { "split: { by: time, validation: 0.15, holdout: 0.2 }", "split:", "x" },

        // Values
        { "at-least: 100", "at-least: -1", "x" },
        { "between: [0, 500]", "between: [0]", "x" },
        { "between: [0, 500]", "between: [0, .inf]", "x" },
        { "at-most: 0.5 }", "at-most: 50 }", "x" },
        { "    level: warning\n", "    level: warn\n", "x" },
        { "    level: warning\n", "    allowed: []\n", "x" },
        { "    level: warning\n", "    unique: no\n", "x" },
        { "    level: warning\n", "    required: { at-least: 90% }\n", "x" },
        { "drift: { at-most: watch", "drift: { at-most: act", "x" },
        { "type: number\n", "type: numeric\n", "x" },
        { "impute-median", "impute-modus", "x" },
        { "encode: one-hot", "encode: off", "x" },
        { "fold-rarer-than: 20", "fold-rarer-than: -1", "x" },
        { "dates: [month, weekday]", "dates: [month, month]", "x" },
        { "by: time", "by: group", "x" },
        { "validation: 0.15", "validation: 0", "x" },
        { "strategy: grid", "strategy: random", "x" },
        { "parallel: 2", "parallel: 0", "x" },
        { "trainer: gradient-boosting", "trainer: gradient-bosting", "x" },
        { "trainer: gradient-boosting", "trainer: baseline", "x" },
        { "trees: [100, 200]", "trees: [100, 100]", "x" },
        { "trees: [100, 200]", "trees: []", "x" },
        { "trees: [100, 200]", "trees: [1.5]", "x" },
        { "leaves: 8", "leaves: 1", "x" },
        { "primary: roc-auc", "primary: roc", "x" },
        { "also: [pr-auc, log-loss]", "also: [pr-auc, logloss]", "x" },
        { "roc-auc >= 0.7", "roc-auc", "x" },
        { "roc-auc >= 0.7", "roc-auc => 0.7", "x" },
        { "roc-auc >= 0.7", "roc-auc >= high", "x" },
        { "roc-auc >= 0.7", "roc-auk >= 0.7", "x" },
        { "better-than: baseline", "better-than: champion", "x" },
        { "better-than: baseline", "5", "x" },
        { "rule: non-inferior", "rule: noninferior", "x" },
        { "margin: \"${margin}\"", "margin: -0.1", "x" },
        { "confidence: 0.95", "confidence: 95", "x" },
        { "confidence: 0.95", "confidence: 0.5", "x" },
        { "slices: shown-worse", "slices: none", "x" },
        { "model: damage", "model: Damage", "x" },

        // Parameters
        { "\"${margin}\"", "\"${margn}\"", "x" },
        { "\"${margin}\"", "\"${margin\"", "x" },
        { "\"${margin}\"", "\"0${margin}\"", "x" },
        { "type: number, default: 0.02", "type: number, default: high", "x" },
        { "type: number, default: 0.02", "type: number, default: 0.9", "x" },
        { "type: number, default: 0.02", "type: number", "x" },
        { "type: number, default: 0.02", "type: float, default: 0.02", "x" },
        { "type: number, default: 0.02", "default: 0.02", "x" },
        { "maximum: 0.5", "maximum: -0.5", "x" },
        { "maximum: 0.5", "allowed: [0.02, high]", "x" },
        { "maximum: 0.5 }", "maximum: 0.5 }\n  name: { type: string, default: a, minimum: 1 }", "x" },
        { "maximum: 0.5 }", "maximum: 0.5 }\n  Big_Name: { type: string, default: a }", "x" },
        { "seed: 7", "seed: \"${margin}\"", "x" },
        { "by: time", "by: \"${margin}\"", "x" },

        // Contradictions
        { "drop: [Cost, Repair]", "drop: [Cost, Cost]", "x" },
        { "drop: [Cost, Repair]", "drop: [Cost, Effect]", "x" },
        { "time: Date", "time: Effect", "x" },
        { "slices: [Size]", "slices: [Size, Effect]", "x" },
        { "slices: [Size]", "slices: [Date]", "x" },
        { "  time: Date\n", "", "x" },
        { "holdout: 0.2", "holdout: 0.85", "x" },
        { "validation: 0.15, holdout: 0.2", "validation: 0.8", "x" },
        { "at-least: 100", "at-least: 100, at-most: 10", "x" },
        { "between: [0, 500]", "between: [500, 0]", "x" },
        { "type: number\n", "type: category\n", "x" },
        { "    level: warning\n", "    known: { at-least: 0.9 }\n", "x" },
        { "[impute-median, standardize]", "[impute-median, impute-mean]", "x" },
        { "also: [pr-auc, log-loss]", "also: [pr-auc, roc-auc]", "x" },
        { "leaves: 8", "leaves: 8\n    - trainer: logistic-regression\n      l2: 10", "x" },
        { "leaves: 8", "leaves: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n      learning-rate: [0.1, 0.2, 0.3, 0.4, 0.5]\n      l2: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", "x" },
        { "gates: [\"roc-auc >= 0.7\", better-than: baseline]", "gates: [\"roc-auc >= 0.7\", \"roc-auc>=0.70\"]", "x" },

        // YAML
        { "description: Will it break?", "description: Will it break: now", "x" },
        { "seed: 7", "\tseed: 7", "x" },
        { "seed: 7", "seed: !!int 7", "x" },
        { "seed: 7", "seed: *seven", "x" },
        { "search: { strategy: grid, parallel: 2 }", "<<: { search: { parallel: 2 } }", "x" },
        { "seed: 7", "? [a, b]\n: 7", "x" },
        { "  slices: shown-worse\n", "  slices: shown-worse\n---\npipeline: other\n", "x" },
        { "description: Will it break?", "description: \"a\u0007b\"", "x" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Load_OneMistake_GivesOneLocatedProblem(string part, string mistake, string problem)
    {
        var problems = PipelineText.Problems(PipelineText.With(part, mistake));

        Assert.Equal([problem], problems);
    }
}
