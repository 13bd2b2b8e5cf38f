using System.Text;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

/// <summary>A valid file that has every section, and ways to load text.</summary>
internal static class PipelineText
{
    public const string Valid = """
        pipeline: damage
        description: Will it break?
        seed: 7
        parameters:
          margin: { type: number, default: 0.02, minimum: 0, maximum: 0.5 }
        data:
          files: strikes/*.csv
          window: all
          label: { column: Effect, positive: { not: None } }
          time: Date
          drop: [Cost, Repair]
        quality:
          - rows: { at-least: 100 }
          - column: Speed
            type: number
            between: [0, 500]
            missing: { at-most: 0.5 }
            level: warning
          - drift: { at-most: watch, level: warning }
        features:
          numeric: [impute-median, standardize]
          categorical: { encode: one-hot, fold-rarer-than: 20 }
          dates: [month, weekday]
        split: { by: time, validation: 0.15, holdout: 0.2 }
        train:
          search: { strategy: grid, parallel: 2 }
          candidates:
            - trainer: logistic-regression
              l2: [0.1, 1, 10]
            - trainer: gradient-boosting
              trees: [100, 200]
              leaves: 8
        evaluate:
          primary: roc-auc
          also: [pr-auc, log-loss]
          slices: [Size]
        promote:
          model: damage
          gates: ["roc-auc >= 0.7", better-than: baseline]
          versus-champion: { rule: non-inferior, margin: "${margin}", confidence: 0.95 }
          slices: shown-worse
        approve:
          by: [ada, grace]
          timeout: 3d
          remind: [1h, 1d]
          webhook: https://hooks.example/approve
        score: { files: new/*.csv, alias: champion, parallel: 3 }
        triggers:
          - schedule: { name: nightly, cron: "0 0 3 * * MON,FRI", zone: Europe/Berlin, catch-up: all, within: 2d, overlap: queue, jitter: 5m }
          - schedule:
              every: 90m
              start: 2026-03-01T00:00:00Z
              end: 2027-03-01T00:00:00+01:00
              stage: score
              set: { margin: 0.1 }
          - data: { quiet-for: 0, count: 10, bytes: 64MiB, marker: _SUCCESS, stage: featurize }
          - http: {}
          - after: { pipeline: upstream, on: succeeded }

        """;

    /// <summary>The least that a pipeline needs.</summary>
    public const string Minimal = """
        pipeline: damage
        data:
          files: strikes/*.csv
          label: { column: Effect }
        train:
          candidates:
            - trainer: logistic-regression

        """;

    public static PipelineLoadResult Load(string text, params (string Name, string Value)[] parameters) => PipelineFile.Load(
        "pipeline.yaml",
        Encoding.UTF8.GetBytes(text),
        new PipelineLoadOptions { Parameters = parameters.ToDictionary(static set => set.Name, static set => set.Value) });

    public static PipelineDefinition LoadValid(string text, params (string Name, string Value)[] parameters)
    {
        var result = Load(text, parameters);
        Assert.Empty(result.Problems);
        return result.Definition!;
    }

    /// <summary>The valid file with one part replaced, which must be there once.</summary>
    public static string With(string part, string replacement)
    {
        Assert.Equal(2, Valid.Split(part).Length);
        return Valid.Replace(part, replacement, StringComparison.Ordinal);
    }

    public static string[] Problems(string text, params (string Name, string Value)[] parameters) =>
        [.. Load(text, parameters).Problems.Select(static problem => problem.ToString()["pipeline.yaml:".Length..])];
}
