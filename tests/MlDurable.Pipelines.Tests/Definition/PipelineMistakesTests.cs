using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>Each mistake that a person can make: one problem, at its place, in words that help.</summary>
public sealed class PipelineMistakesTests
{
    public static TheoryData<string, string, string> Mistakes => new()
    {
        // Keys
        { "leaves: 8", "leafs: 8", "32:7: unknown key 'leafs'; did you mean 'leaves'?" },
        { "seed: 7", "sed: 7", "3:1: unknown key 'sed'; did you mean 'seed'?" },
        { "description: Will it break?", "watch: {}", "2:1: 'watch' is not yet supported; remove it" },
        { "seed: 7", "retention: { keep-runs: 90d }", "3:1: 'retention' is not yet supported; remove it" },
        {
            "seed: 7", "frobnicate: true",
            "3:1: unknown key 'frobnicate'; the keys here are pipeline, description, seed, priority, parameters, data, quality, features, split, train, evaluate, promote, approve, score, triggers"
        },
        { "seed: 7", "seed: 7\nseed: 8", "4:1: duplicate key 'seed'; it is already on line 3" },
        {
            "seed: 7", "1: 7",
            "3:1: unknown key '1'; the keys here are pipeline, description, seed, priority, parameters, data, quality, features, split, train, evaluate, promote, approve, score, triggers"
        },
        { "pipeline: damage\n", "", "1:1: the file needs the key 'pipeline'" },
        { "  files: strikes/*.csv\n", "", "6:1: 'data' needs the key 'files'" },
        { "column: Effect, ", "", "9:3: 'label' needs the key 'column'" },
        { "trainer: logistic-regression\n      l2", "l2", "28:7: a candidate of 'candidates' needs the key 'trainer'" },
        { "at-most: 0.5", "", "17:5: 'missing' needs the key 'at-most'" },
        { "rows: { at-least: 100 }", "rows: {}", "13:5: 'rows' needs at least one of at-least, at-most" },
        { "column: Speed", "colum: Speed", "14:5: unknown key 'colum'; did you mean 'column'?" },
        { "column: Speed\n    type", "type", "14:5: an entry of 'quality' needs the key 'column'" },
        {
            "- rows: { at-least: 100 }", "- size: { at-least: 100 }",
            "13:5: an entry of 'quality' must be a quality rule: a mapping with exactly one of rows, column, drift, not one with size"
        },
        {
            "- rows: { at-least: 100 }", "- {}",
            "13:5: an entry of 'quality' must be a quality rule: a mapping with exactly one of rows, column, drift, not an empty mapping"
        },
        {
            "- rows: { at-least: 100 }", "- rows: { at-least: 100 }\n    column: Size",
            "14:5: an entry of 'quality' must be a quality rule: a mapping with exactly one of rows, column, drift; make two entries of it"
        },
        {
            "search: { strategy: grid, parallel: 2 }", "search: { strategy: grid, parallel: 2, budget: 10m }",
            "26:42: unknown key 'budget'; the keys here are strategy, parallel, trials, time, warm-start, reduction, rungs"
        },
        { "l2: [0.1, 1, 10]", "l2: { from: 0.1 }", "29:7: 'l2' needs the key 'to'" },
        {
            "grid, parallel: 2 }\n  candidates:\n    - trainer: logistic-regression\n      l2: [0.1, 1, 10]",
            "random, trials: 2 }\n  candidates:\n    - trainer: logistic-regression\n      l2: { from: 0.1, to: 10, step: 2 }",
            "29:32: unknown key 'step'; the keys here are from, to, scale"
        },

        // Types
        {
            "pipeline: damage", "pipeline: 12",
            "1:11: 'pipeline' must be a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter, not the number 12"
        },
        {
            "pipeline: damage", "pipeline: \"${margin}\"",
            "1:11: 'pipeline' must be a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter, not the text '${margin}'"
        },
        {
            "pipeline: damage", "pipeline: Bird Strikes",
            "1:11: 'pipeline' must be a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter, not the text 'Bird Strikes'"
        },
        {
            "description: Will it break?", "description: 2024",
            "2:14: 'description' must be text, not the number 2024; quote it to make it text"
        },
        { "description: Will it break?", "description: [a]", "2:14: 'description' must be text, not a list" },
        { "seed: 7", "seed: seven", "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not the text 'seven'" },
        {
            "seed: 7", "seed: \"7\"",
            "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not the text '7'; remove the quotes"
        },
        { "seed: 7", "priority: hihg", "3:11: 'priority' must be a priority (low, normal or high), not the text 'hihg'; did you mean 'high'?" },
        { "seed: 7", "priority: 1", "3:11: 'priority' must be a priority (low, normal or high), not the number 1" },
        { "seed: 7", "seed: 08", "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not the text '08'" },
        { "seed: 7", "seed: 1.5", "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not 1.5" },
        { "seed: 7", "seed: -1", "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not -1" },
        {
            "seed: 7", "seed: 18446744073709551616",
            "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not 18446744073709551616"
        },
        { "seed: 7", "seed:", "3:1: 'seed' must be a whole number from 0 to 18446744073709551615, not nothing" },
        {
            "parallel: 2 }", "parallel: 2 }\n  calibrate: plat",
            "27:14: 'calibrate' must be a calibration (none, platt or isotonic), not the text 'plat'; did you mean 'platt'?"
        },
        {
            "parallel: 2 }", "parallel: 2 }\n  threshold: best",
            "27:14: 'threshold' must be 'f1', a number from 0 to 1, or a mapping with 'cost', not the text 'best'"
        },
        {
            "parallel: 2 }", "parallel: 2 }\n  threshold: 30",
            "27:14: 'threshold' must be 'f1', a number from 0 to 1, or a mapping with 'cost', not the number 30"
        },
        {
            "parallel: 2 }", "parallel: 2 }\n  threshold: \"0.3\"",
            "27:14: 'threshold' must be 'f1', a number from 0 to 1, or a mapping with 'cost', not the text '0.3'; remove the quotes"
        },
        { "parallel: 2 }", "parallel: 2 }\n  threshold: { cost: { false-positive: 1 } }", "27:16: 'cost' needs the key 'false-negative'" },
        { "parallel: 2 }", "parallel: 2 }\n  threshold: {}", "27:3: 'threshold' needs the key 'cost'" },
        {
            "parallel: 2 }", "parallel: 2 }\n  threshold: { cost: { false-positive: 0, false-negative: 1 } }",
            "27:40: 'false-positive' must be a number above 0 and of at most 1000000000, not 0"
        },
        { "  window: all", "  window: al", "8:11: 'window' must be 'all', not the text 'al'; did you mean 'all'?" },
        { "  window: all", "  window: { last: 0 }", "8:19: 'last' must be a whole number from 1 to 1000000, not 0" },
        { "  window: all", "  window: { last: 3, days: 2 }", "8:3: 'window' needs exactly one of last, days, not last and days" },
        { "  window: all", "  window: {}", "8:3: 'window' needs exactly one of last, days" },
        { "  window: all", "  window: [all]", "8:11: 'window' must be a mapping with exactly one of last, days, not a list" },
        {
            "files: strikes/*.csv", "files: /strikes/*.csv",
            "7:10: 'files' must be a relative path with forward slashes, without '.' and '..' as folders, not the text '/strikes/*.csv'"
        },
        {
            "files: strikes/*.csv", "files: ../strikes/*.csv",
            "7:10: 'files' must be a relative path with forward slashes, without '.' and '..' as folders, not the text '../strikes/*.csv'"
        },
        { "positive: { not: None }", "positive: { not: null }", "9:45: 'not' must be text or a number, not nothing" },
        { "positive: { not: None }", "positive: { above: None }", "9:47: 'above' must be a number, not the text 'None'" },
        { "positive: { not: None }", "positive: { nott: None }", "9:40: unknown key 'nott'; did you mean 'not'?" },
        { "time: Date", "time: \"\"", "10:9: 'time' must not be empty" },
        { "drop: [Cost, Repair]", "drop: Cost", "11:9: 'drop' must be a list, each item text, not the text 'Cost'" },
        { "drop: [Cost, Repair]", "drop: [Cost, 5]", "11:16: a column of 'drop' must be text, not the number 5; quote it to make it text" },
        {
            "  time: Date", "  time: Date\n  on-quarantine: ignore",
            "11:18: 'on-quarantine' must be a policy (stop or skip), not the text 'ignore'"
        },
        {
            "split: { by: time, validation: 0.15, holdout: 0.2 }", "split: by time",
            "24:8: 'split' must be a mapping with the keys by, validation, holdout, not the text 'by time'"
        },
        {
            "split: { by: time, validation: 0.15, holdout: 0.2 }", "split:",
            "24:1: 'split' must be a mapping with the keys by, validation, holdout, not nothing"
        },

        // Values
        { "at-least: 100", "at-least: -1", "13:23: 'at-least' must be a whole number from 0 to 9007199254740992, not -1" },
        { "between: [0, 500]", "between: [0]", "16:14: 'between' must have exactly 2 items, not 1" },
        { "between: [0, 500]", "between: [0, .inf]", "16:18: a limit of 'between' must be a number, not .inf" },
        { "at-most: 0.5 }", "at-most: 50 }", "17:25: 'at-most' must be a number from 0 to 1, not 50" },
        { "    level: warning\n", "    level: warn\n", "18:12: 'level' must be a level (error or warning), not the text 'warn'" },
        { "    level: warning\n", "    allowed: []\n", "18:14: 'allowed' must have at least one item, not 0" },
        { "    level: warning\n", "    unique: no\n", "18:13: 'unique' must be true or false, not the text 'no'" },
        { "    level: warning\n", "    required: { at-least: 90% }\n", "18:15: 'required' must be true or false, not a mapping" },
        {
            "drift: { at-most: watch", "drift: { at-most: act",
            "19:23: 'at-most' must be a drift level (none or watch), not the text 'act'"
        },
        {
            "type: number\n", "type: numeric\n",
            "15:11: 'type' must be a column type (number, category or time), not the text 'numeric'; did you mean 'number'?"
        },
        {
            "impute-median", "impute-modus",
            "21:13: a step of 'numeric' must be a step (impute-median, impute-mean or standardize), not the text 'impute-modus'"
        },
        { "encode: one-hot", "encode: off", "22:26: 'encode' must be an encoding (one-hot or ordinal), not the text 'off'" },
        { "fold-rarer-than: 20", "fold-rarer-than: -1", "22:52: 'fold-rarer-than' must be a whole number from 0 to 1000000, not -1" },
        { "dates: [month, weekday]", "dates: [month, month]", "23:18: 'dates' lists 'month' twice" },
        { "by: time", "by: group", "24:14: 'by' must be a way to split (time or hash), not the text 'group'" },
        { "validation: 0.15", "validation: 0", "24:32: 'validation' must be a number above 0 and below 1, not 0" },
        { "strategy: grid", "strategy: bayesian", "26:23: 'strategy' 'bayesian' is not yet supported; it must be a strategy (grid, random, tpe or asha)" },
        { "strategy: grid", "strategy: random", "26:23: 'strategy: random' needs the key 'trials', the number of candidates to draw" },
        { "strategy: grid, parallel: 2", "strategy: random, trials: 1001", "26:39: 'trials' must be a whole number from 1 to 1000, not 1001" },
        {
            "strategy: grid, parallel: 2", "strategy: random, trials: 2, time: 0s",
            "26:48: 'time' must be a duration from 1s to 366d, such as 90s, 5m, 1h or 7d, not the text '0s'"
        },
        { "l2: [0.1, 1, 10]", "l2: { from: -1, to: 10 }", "29:19: 'from' must be a number from 0 to 1000000000, not -1" },
        { "l2: [0.1, 1, 10]", "l2: { from: 1, to: 10, scale: square }", "29:37: 'scale' must be a scale (linear or log), not the text 'square'" },
        { "trees: [100, 200]", "trees: { from: 1.5, to: 10 }", "31:22: 'from' must be a whole number from 1 to 10000, not 1.5" },
        { "parallel: 2", "parallel: 0", "26:39: 'parallel' must be a whole number from 1 to 256, not 0" },
        {
            "trainer: gradient-boosting", "trainer: gradient-bosting",
            "30:16: 'trainer' must be a trainer (elastic-net, extra-trees, gradient-boosting, logistic-regression, naive-bayes, own-naive-bayes, random-forest, ridge or test-levels), not the text 'gradient-bosting'; did you mean 'gradient-boosting'?"
        },
        {
            "trainer: gradient-boosting", "trainer: baseline",
            "30:16: 'trainer' must be a trainer (elastic-net, extra-trees, gradient-boosting, logistic-regression, naive-bayes, own-naive-bayes, random-forest, ridge or test-levels), not the text 'baseline'"
        },
        {
            "features:\n", "features:\n  transforms: [{ transform: test-centre, columns: [Speed] }]\n",
            "21:29: 'transform' is 'test-centre', a transform that this program has not registered; did you mean 'test-center'?"
        },
        {
            "features:\n", "features:\n  transforms:\n    - { transform: test-center, columns: [Speed, Height] }\n    - { transform: test-center, columns: [Speed] }\n",
            "23:43: 'Speed' has a transform already, on line 22"
        },
        {
            "features:\n", "features:\n  transforms: [{ transform: test-center }]\n",
            "21:16: a transform of 'transforms' needs the key 'columns'"
        },
        {
            "features:\n", "features:\n  encodings:\n    - { columns: [Size, Kind], target: {} }\n    - { columns: [Size], target: { smooth: 5 } }\n",
            "23:19: 'Size' has an encoding already, on line 22"
        },
        {
            "features:\n", "features:\n  encodings: [{ columns: [Size], target: { smooth: -1 } }]\n",
            "21:52: 'smooth' must be a number from 0 to 1000000000, not -1"
        },
        { "features:\n", "features:\n  encodings: [{ columns: [Size] }]\n", "21:15: an encoding of 'encodings' needs exactly one of target, hash, text" },
        {
            "features:\n", "features:\n  encodings: [{ columns: [Size], target: {}, hash: {} }]\n",
            "21:15: an encoding of 'encodings' needs exactly one of target, hash, text, not target and hash"
        },
        {
            "features:\n", "features:\n  encodings: [{ columns: [Size], hash: { buckets: 1 } }]\n",
            "21:51: 'buckets' must be a whole number from 2 to 262144, not 1"
        },
        {
            "features:\n", "features:\n  interactions: [[Speed, Height], [Height, Speed]]\n",
            "21:35: 'interactions' has the pair of 'Height' and 'Speed' already, on line 21"
        },
        { "features:\n", "features:\n  interactions: [[Speed, Speed]]\n", "21:26: a pair of 'interactions' lists 'Speed' twice" },
        { "features:\n", "features:\n  interactions: [[Speed]]\n", "21:18: a pair of 'interactions' must have exactly 2 items, not 1" },
        {
            "features:\n", "features:\n  interactions: [[Speed, Cost]]\n",
            "21:26: 'Cost' is dropped; remove it from 'interactions' or from 'drop'"
        },
        {
            "features:\n", "features:\n  encodings: [{ columns: [Effect], target: {} }]\n",
            "21:27: 'Effect' is the label, which is never a feature; remove it from 'encodings'"
        },
        {
            "features:\n", "features:\n  encodings: [{ columns: [Cost], target: {} }]\n",
            "21:27: 'Cost' is dropped; remove it from 'encodings' or from 'drop'"
        },
        {
            "trainer: gradient-boosting", "trainer: nearest-neighbours",
            "30:16: 'trainer' must be a trainer (elastic-net, extra-trees, gradient-boosting, logistic-regression, naive-bayes, own-naive-bayes, random-forest, ridge or test-levels), not the text 'nearest-neighbours'; "
            + "if that is a trainer of one's own, this program has not registered it"
        },
        {
            "trainer: gradient-boosting\n      trees: [100, 200]\n      leaves: 8", "trainer: test-levels\n      smothing: [1, 2]",
            "31:7: unknown key 'smothing'; did you mean 'smoothing'?"
        },
        {
            "trainer: gradient-boosting\n      trees: [100, 200]\n      leaves: 8", "trainer: test-levels\n      smoothing: [1, 0]",
            "31:22: a value of 'smoothing' must be a number from 0.1 to 1000, not 0"
        },
        { "positive: { not: None } }", "task: regresion }", "9:34: 'task' must be a task (binary, multiclass or regression), not the text 'regresion'; did you mean 'regression'?" },
        {
            "trainer: gradient-boosting\n      trees: [100, 200]\n      leaves: 8", "trainer: ridge",
            "30:7: the trainer 'ridge' does not learn the task binary; these do: elastic-net, extra-trees, gradient-boosting, logistic-regression, naive-bayes, own-naive-bayes, random-forest, test-levels"
        },
        { "time: Date", "time: Date\n  weight: Date", "11:11: 'Date' is the time column; 'weight' must be another one" },
        { "trees: [100, 200]", "trees: [100, 100]", "31:20: 'trees' lists '100' twice" },
        { "trees: [100, 200]", "trees: []", "31:14: 'trees' must have at least one item, not 0" },
        { "trees: [100, 200]", "trees: [1.5]", "31:15: a value of 'trees' must be a whole number from 1 to 10000, not 1.5" },
        { "leaves: 8", "leaves: 1", "32:15: 'leaves' must be a whole number from 2 to 1024, not 1" },
        {
            "primary: roc-auc", "primary: roc",
            "34:12: 'primary' must be a metric (roc-auc, pr-auc, log-loss, brier, accuracy, balanced-accuracy, precision, recall, f1, mcc, calibration-error, macro-f1, rmse, mae, median-absolute-error, mape, r2, poisson-deviance, pinball-10, pinball-50 or pinball-90), not the text 'roc'"
        },
        {
            "also: [pr-auc, log-loss]", "also: [pr-auc, logloss]",
            "35:18: a metric of 'also' must be a metric (roc-auc, pr-auc, log-loss, brier, accuracy, balanced-accuracy, precision, recall, f1, mcc, calibration-error, macro-f1, rmse, mae, median-absolute-error, mape, r2, poisson-deviance, pinball-10, pinball-50 or pinball-90), not the text 'logloss'; did you mean 'log-loss'?"
        },
        {
            "roc-auc >= 0.7", "roc-auc",
            "39:11: a gate of 'gates' must be a metric, one of >= > <= <, and a number, such as 'roc-auc >= 0.7', not the text 'roc-auc'"
        },
        {
            "roc-auc >= 0.7", "roc-auc => 0.7",
            "39:11: a gate of 'gates' must be a metric, one of >= > <= <, and a number, such as 'roc-auc >= 0.7', not the text 'roc-auc => 0.7'"
        },
        {
            "roc-auc >= 0.7", "roc-auc >= high",
            "39:11: a gate of 'gates' must be a metric, one of >= > <= <, and a number, such as 'roc-auc >= 0.7', not the text 'roc-auc >= high'"
        },
        { "roc-auc >= 0.7", "roc-auk >= 0.7", "39:11: a gate of 'gates' names the unknown metric 'roc-auk'; did you mean 'roc-auc'?" },
        { "better-than: baseline", "better-than: champion", "39:42: 'better-than' must be 'baseline', not the text 'champion'" },
        {
            "better-than: baseline", "5",
            "39:29: a gate of 'gates' must be a metric, one of >= > <= <, and a number, such as 'roc-auc >= 0.7', not the number 5"
        },
        {
            "rule: non-inferior", "rule: noninferior",
            "40:28: 'rule' must be a rule (non-inferior or superior), not the text 'noninferior'; did you mean 'non-inferior'?"
        },
        { "margin: \"${margin}\"", "margin: -0.1", "40:50: 'margin' must be a number above 0, not -0.1" },
        { "confidence: 0.95", "confidence: 95", "40:75: 'confidence' must be a number above 0.5 and below 1, not 95" },
        { "confidence: 0.95", "confidence: 0.5", "40:75: 'confidence' must be a number above 0.5 and below 1, not 0.5" },
        { "slices: shown-worse", "slices: none", "41:11: 'slices' must be a rule (shown-worse or non-inferior), not the text 'none'" },
        {
            "model: damage", "model: Damage",
            "38:10: 'model' must be a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter, not the text 'Damage'"
        },

        // Parameters
        { "\"${margin}\"", "\"${margn}\"", "40:50: unknown parameter 'margn'; did you mean 'margin'?" },
        { "\"${margin}\"", "\"${margin\"", "40:50: '${' has no '}'; write '$${' for the characters themselves" },
        {
            "\"${margin}\"", "\"0${margin}\"",
            "40:50: 'margin' must be a number above 0, not the text '00.02' (from parameter 'margin')"
        },
        {
            "type: number, default: 0.02", "type: number, default: high",
            "5:36: 'default' must be a number from 0 to 0.5, not the text 'high'"
        },
        {
            "type: number, default: 0.02", "type: number, default: 0.9",
            "5:36: 'default' must be a number from 0 to 0.5, not the number 0.9"
        },
        {
            "type: number, default: 0.02", "type: number",
            "5:3: the parameter 'margin' has no default and is not set; add 'default: …', or pass --set margin=…"
        },
        {
            "type: number, default: 0.02", "type: float, default: 0.02",
            "5:19: 'type' must be a type (number, integer, string or boolean), not the text 'float'"
        },
        { "type: number, default: 0.02", "default: 0.02", "5:3: 'margin' needs the key 'type'" },
        { "maximum: 0.5", "maximum: -0.5", "5:63: 'maximum' -0.5 of parameter 'margin' is less than 'minimum' 0" },
        { "maximum: 0.5", "allowed: [0.02, high]", "5:70: a value of 'allowed' must be a number of at least 0, not the text 'high'" },
        {
            "maximum: 0.5 }", "maximum: 0.5 }\n  name: { type: string, default: a, minimum: 1 }",
            "6:46: 'minimum' is for numbers, but the parameter 'name' is a string; remove it"
        },
        {
            "maximum: 0.5 }", "maximum: 0.5 }\n  Big_Name: { type: string, default: a }",
            "6:3: a parameter's name must be a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter, not the text 'Big_Name'"
        },
        {
            "seed: 7", "seed: \"${margin}\"",
            "3:7: 'seed' must be a whole number from 0 to 18446744073709551615, not 0.02 (from parameter 'margin')"
        },
        {
            "by: time", "by: \"${margin}\"",
            "24:14: 'by' must be a way to split (time or hash), not the number 0.02 (from parameter 'margin')"
        },

        // Contradictions
        { "drop: [Cost, Repair]", "drop: [Cost, Cost]", "11:16: 'drop' lists 'Cost' twice" },
        { "drop: [Cost, Repair]", "drop: [Cost, Effect]", "11:16: 'Effect' is the label, which is never a feature; remove it from 'drop'" },
        { "time: Date", "time: Effect", "10:9: 'Effect' is the label's column; 'time' must be another one" },
        { "slices: [Size]", "slices: [Size, Effect]", "36:18: 'Effect' is the label, whose values are no slices" },
        { "slices: [Size]", "slices: [Date]", "36:12: 'Date' is the time column, whose values are no slices" },
        { "  time: Date\n", "", "23:14: a split by time needs the column that orders rows; add 'time' to 'data', or use 'by: hash'" },
        {
            "holdout: 0.2", "holdout: 0.85",
            "24:47: 'validation' 0.15 and 'holdout' 0.85 leave no rows for training; together they must be less than 1"
        },
        {
            "validation: 0.15, holdout: 0.2", "validation: 0.8",
            "24:32: 'validation' 0.8 and 'holdout' 0.2 leave no rows for training; together they must be less than 1"
        },
        { "at-least: 100", "at-least: 100, at-most: 10", "13:37: 'at-most' 10 is less than 'at-least' 100" },
        { "between: [0, 500]", "between: [500, 0]", "16:20: 'between' needs the lesser limit first: 0 is less than 500" },
        { "type: number\n", "type: category\n", "16:14: 'between' is for numbers, but 'type' is category" },
        { "    level: warning\n", "    known: { at-least: 0.9 }\n", "18:12: 'known' is for categories, but 'type' is number" },
        {
            "[impute-median, standardize]", "[impute-median, impute-mean]",
            "21:28: 'numeric' fills missing numbers twice; keep impute-median or impute-mean"
        },
        { "l2: [0.1, 1, 10]", "l2: { from: 10, to: 1 }", "29:27: 'to' 1 must be greater than 'from' 10; for one value, write the value alone" },
        { "l2: [0.1, 1, 10]", "l2: { from: 0, to: 1, scale: log }", "29:19: a range with 'scale: log' must begin above 0, not at 0" },
        {
            "l2: [0.1, 1, 10]", "l2: { from: 0.1, to: 10 }",
            "29:11: 'l2' is a range, of which 'strategy: grid' has no combinations; list values, or draw them with 'strategy: random' or 'tpe'"
        },
        {
            "parallel: 2", "trials: 3",
            "26:37: 'trials' is for a search that draws candidates; 'strategy: grid' trains every combination"
        },
        {
            "parallel: 2", "rungs: 3",
            "26:36: 'rungs' is for a search that draws candidates; 'strategy: grid' trains every combination"
        },
        {
            "strategy: grid, parallel: 2", "strategy: random, trials: 3, reduction: 4",
            "26:53: 'reduction' is for 'strategy: asha', which stops most candidates early"
        },
        {
            "strategy: grid, parallel: 2", "strategy: asha, trials: 2",
            "26:37: 'trials' is 2, of which 'reduction: 3' lets none go on; ask for 3 at least"
        },
        {
            "strategy: grid, parallel: 2", "strategy: asha, trials: 5, rungs: 4, reduction: 2",
            "26:47: 'rungs' is 4, but of 5 trials with 'reduction: 2' none comes to more than 3; ask for more trials or fewer rungs"
        },
        {
            "parallel: 2", "warm-start: true",
            "26:41: 'warm-start' is for a search that draws candidates; 'strategy: grid' trains every combination"
        },
        {
            "strategy: grid, parallel: 2", "strategy: random, trials: 6",
            "26:39: 'trials' is 6, but 'candidates' has only 5 different ones; ask for fewer, or widen their values"
        },
        {
            "strategy: grid, parallel: 2 }\n  candidates:\n", "strategy: random, trials: 2 }\n  candidates:\n    - trainer: gradient-boosting\n",
            "31:7: 'gradient-boosting' is already on line 28; a search has one space for each trainer, so make one entry of both"
        },
        { "train:\n", "train:\n  cross-validate: { by: stratify }\n", "26:25: 'by' must be a way to divide (random, stratified, group or time), not the text 'stratify'; did you mean 'stratified'?" },
        { "train:\n", "train:\n  cross-validate: { folds: 1 }\n", "26:28: 'folds' must be a whole number from 2 to 20, not 1" },
        { "train:\n", "train:\n  cross-validate: { by: group }\n", "26:25: 'by: group' needs the key 'column', whose values are kept together" },
        { "train:\n", "train:\n  cross-validate: { by: random, column: Size }\n", "26:41: 'column' is for folds 'by: group'" },
        { "train:\n", "train:\n  cross-validate: { column: Size }\n", "26:29: 'column' is for folds 'by: group'" },
        { "train:\n", "train:\n  cross-validate: { by: group, column: Effect }\n", "26:40: 'Effect' is the label, whose values are no groups" },
        { "train:\n", "train:\n  cross-validate: { by: stratified, gap: 7d }\n", "26:42: 'gap' is for folds 'by: time'" },
        {
            "split: { by: time, validation: 0.15, holdout: 0.2 }\ntrain:\n", "split: { by: hash }\ntrain:\n  cross-validate: { gap: 7d }\n",
            "26:26: 'gap' is for folds 'by: time'"
        },
        { "also: [pr-auc, log-loss]", "also: [pr-auc, roc-auc]", "35:18: 'roc-auc' is the primary metric; remove it from 'also'" },
        {
            "leaves: 8", "leaves: 8\n    - trainer: logistic-regression\n      l2: 10",
            "33:7: the candidate 'logistic-regression l2=10' is already on line 28"
        },
        {
            "leaves: 8", "leaves: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n      learning-rate: [0.1, 0.2, 0.3, 0.4, 0.5]\n      l2: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
            "28:5: 'candidates' makes 1,003 combinations; at most 1,000 are allowed"
        },
        {
            "gates: [\"roc-auc >= 0.7\", better-than: baseline]", "gates: [\"roc-auc >= 0.7\", \"roc-auc>=0.70\"]",
            "39:29: 'gates' lists 'roc-auc >= 0.7' twice"
        },

        // Triggers
        { "cron: \"0 0 3 * * MON,FRI\"", "cron: 0 0 3 * * MON,FRI", "49:38: 'cron' must be quoted: cron: \"0 0 3 * * MON,FRI\"" },
        { "cron: \"0 0 3 * * MON,FRI\"", "cron: 0 0 3 1,15 * *", "49:38: 'cron' must be quoted: cron: \"0 0 3 1,15 * *\"" },
        { "cron: \"0 0 3 * * MON,FRI\"", "cron: */5 * * * * *", "49:42: not valid YAML: 'cron' must be quoted: cron: \"*/5 * * * * *\"" },
        { "every: 90m", "cron: 0 0 3 * * *", "51:13: 'cron' must be quoted: cron: \"0 0 3 * * *\"" },
        { "every: 90m", "cron: */5 * * * * * # often", "51:17: not valid YAML: 'cron' must be quoted: cron: \"*/5 * * * * *\"" },
        { "every: 90m", "cron: * * * * * *", "51:13: not valid YAML: 'cron' must be quoted: cron: \"* * * * * *\"" },
        { "0 0 3 * * MON,FRI", "0 3 * * MON", "49:38: 'cron' has five fields; put the seconds first: \"0 0 3 * * MON\"" },
        {
            "0 0 3 * * MON,FRI", "0 3 * *",
            "49:38: 'cron' must have six fields (second minute hour day month weekday), such as \"0 0 3 * * MON\", not 4"
        },
        { "0 0 3 * * MON,FRI", "0 0 24 * * *", "49:38: 'cron' has '24' for the hour, which is a number from 0 to 23" },
        {
            "0 0 3 * * MON,FRI", "0 0 3 * * 7",
            "49:38: 'cron' has '7' for the day of the week, which is a number from 0 to 6, or SUN to SAT"
        },
        {
            "0 0 3 * * MON,FRI", "0 0 22-3 * * *",
            "49:38: 'cron' has the range '22-3' for the hour, which goes backwards; write two, such as '22-23,0-3'"
        },
        { "0 0 3 * * MON,FRI", "0 */0 3 * * *", "49:38: 'cron' has the step '0' for the minute; a step is a whole number from 1 to 59" },
        { "0 0 3 * * MON,FRI", "0 0 3 30 FEB *", "49:38: 'cron' names no date that there is" },
        { "zone: Europe/Berlin", "zone: Berlin", "49:65: 'zone' names the unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?" },
        {
            "zone: Europe/Berlin", "zone: Europe/Berlni",
            "49:65: 'zone' names the unknown time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?"
        },
        {
            "zone: Europe/Berlin", "zone: ../zone",
            "49:65: 'zone' names the unknown time zone '../zone'; the names are those of the IANA, such as 'Europe/Berlin'"
        },
        { "every: 90m", "every: 90", "51:14: 'every' must be a duration from 1s to 366d, such as 90s, 5m, 1h or 7d, not the number 90" },
        { "every: 90m", "every: 0s", "51:14: 'every' must be a duration from 1s to 366d, such as 90s, 5m, 1h or 7d, not the text '0s'" },
        {
            "every: 90m", "every: 1h30m",
            "51:14: 'every' must be a duration from 1s to 366d, such as 90s, 5m, 1h or 7d, not the text '1h30m'"
        },
        {
            "every: 90m", "every: 90m\n      zone: Europe/Berlin",
            "52:13: 'zone' is for 'cron'; 'every' counts elapsed time, in every zone the same"
        },
        {
            "every: 90m", "every: 90m\n      cron: \"0 0 3 * * *\"",
            "50:5: 'schedule' needs exactly one of cron, every, not cron and every"
        },
        {
            "every: 90m", "every: 90m\n      jitter: 90m",
            "52:15: 'jitter' 90m is not less than the shortest time between two instants, 90m"
        },
        { "jitter: 5m", "jitter: 1d", "49:131: 'jitter' 1d is not less than the shortest time between two instants, 1d" },
        { "catch-up: all", "catch-up: none", "49:104: 'within' says how far missed instants are caught up, but 'catch-up' is none" },
        {
            "every: 90m", "every: 90m\n      name: nightly",
            "52:13: a schedule named 'nightly' is already on line 49; give each a 'name' of its own"
        },
        {
            "start: 2026-03-01T00:00:00Z", "start: 2026-03-01",
            "52:14: 'start' must be a time with its offset, such as 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00, not the text '2026-03-01'"
        },
        {
            "start: 2026-03-01T00:00:00Z", "start: 2028-03-01T00:00:00Z",
            "53:12: 'end' is not after 'start', so that the schedule has no instant"
        },
        {
            "score: { files: new/*.csv, alias: champion, parallel: 3 }\n", "",
            "53:14: 'stage: score' needs the section 'score'; add it, 'score: {}' for its defaults"
        },
        { "set: { margin: 0.1 }", "set: { margn: 0.1 }", "55:14: the parameter 'margn' is set, but not declared; did you mean 'margin'?" },
        {
            "set: { margin: 0.1 }", "set: { margin: 0.7 }",
            "55:22: the value of the parameter 'margin' must be a number from 0 to 0.5, not the number 0.7"
        },
        { "stage: score", "stage: watch", "54:14: 'stage' 'watch' is not yet supported; it must be a stage (featurize or score)" },
        {
            "bytes: 64MiB", "bytes: 64MB",
            "56:45: 'bytes' must be a size from 1 byte to 1024TiB, such as 1048576, 64MiB or 2GiB, not the text '64MB'"
        },
        {
            "bytes: 64MiB", "bytes: 0",
            "56:45: 'bytes' must be a size from 1 byte to 1024TiB, such as 1048576, 64MiB or 2GiB, not the number 0"
        },
        {
            "marker: _SUCCESS", "marker: a/_SUCCESS",
            "56:60: 'marker' must be the last part of a blob's name, such as _SUCCESS, not the text 'a/_SUCCESS'"
        },
        { "- http: {}", "- http: {}\n  - http: {}", "58:11: 'triggers' has 'http' twice; keep one" },
        { "- http: {}", "- http: { key: 1 }", "57:13: unknown key 'key'; there are no keys here" },
        { "- http: {}", "- data: {}", "57:11: 'triggers' has 'data' twice; keep one" },
        { "pipeline: upstream", "pipeline: damage", "58:24: 'damage' cannot come after itself: it would never end" },
        {
            "on: succeeded }", "on: succeeded }\n  - after: { pipeline: upstream }",
            "59:24: what comes after 'upstream' is already on line 58"
        },
        { "remind: [1h, 1d]", "remind: [1h, 3d]", "45:16: the reminder after 3d is not before 'timeout' 3d" },
        { "remind: [1h, 1d]", "remind: [1d, 1h]", "45:16: 'remind' must ascend: 1h comes after 1d" },
        {
            "webhook: https://hooks.example/approve", "webhook: http://hooks.example/approve",
            "46:12: 'webhook' must be a web address that starts with https:// (http:// only on this machine), without a user name"
        },
        {
            "webhook: https://hooks.example/approve", "webhook: https://ada:secret@hooks.example",
            "46:12: 'webhook' must be a web address that starts with https:// (http:// only on this machine), without a user name"
        },

        // YAML
        { "slices: [Size]", "slices: [Size", "36:9: not valid YAML: a '[' or '{' before this place is not closed" },
        { "Will it break?", @"""\uD83D\u0041""", "1:17: not valid YAML: an escape sequence after this place stands for no character" },
        { "Will it break?", @"""\UFFFFFFFF""", "1:17: not valid YAML: an escape sequence after this place stands for no character" },
        { "Will it break?", @"""\q""", "2:14: not valid YAML: While scanning a quoted scalar, found unknown escape character." },
        {
            "description: Will it break?", "description: Will it break: now",
            "2:27: not valid YAML: While scanning a plain scalar value, found invalid mapping."
        },
        { "seed: 7", "\tseed: 7", "3:1: a tab cannot indent YAML; use spaces" },
        { "seed: 7", "seed: !!int 7", "3:7: the tag 'tag:yaml.org,2002:int' is not supported; write the value without it" },
        { "seed: 7", "seed: *seven", "3:7: the alias '*seven' has no anchor before it" },
        {
            "search: { strategy: grid, parallel: 2 }", "<<: { search: { parallel: 2 } }",
            "26:3: the merge key '<<' is not supported; write the keys out"
        },
        { "seed: 7", "? [a, b]\n: 7", "3:3: a key must be plain text" },
        {
            "  slices: shown-worse\n", "  slices: shown-worse\n---\npipeline: other\n",
            "42:1: a pipeline file holds one document; put the other pipeline in a file of its own"
        },
        { "description: Will it break?", "description: \"a\u0007b\"", "2:16: the control character U+0007 cannot stand in YAML" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Load_OneMistake_GivesOneLocatedProblem(string part, string mistake, string problem)
    {
        var problems = PipelineText.Problems(PipelineText.With(part, mistake));

        Assert.Equal([problem], problems);
    }
}
