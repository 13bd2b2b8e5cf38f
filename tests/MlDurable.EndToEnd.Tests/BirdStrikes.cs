using System.Globalization;

namespace MlDurable.EndToEnd.Tests;

/// <summary>The sample data of the repository, and pipelines on it that are small enough for a test.</summary>
internal static class BirdStrikes
{
    public const string Model = "bird-strikes";

    public static string File(int year) => Repository.PathOf("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv");

    /// <summary>A pipeline of three candidates, the baseline included.</summary>
    public static string Pipeline(string candidates = "- { trainer: logistic-regression, l2: 10 }\n    - { trainer: gradient-boosting, trees: 20, leaves: 4 }") =>
        $$"""
        pipeline: {{Model}}
        seed: 7
        parameters:
          margin: { type: number, default: 0.02, minimum: 0 }
        data:
          files: bird-strikes/*.csv
          label: { column: Effect Amount of damage, positive: { not: None } }
          time: Flight Date
          drop: [Cost Other, Cost Repair, "Cost Total $"]
        quality:
          - rows: { at-least: 100 }
          - column: Speed IAS in knots
            between: [0, 500]
        features:
          dates: [month]
        split: { by: time, validation: 0.2, holdout: 0.2 }
        train:
          search: { parallel: 2 }
          candidates:
            {{candidates}}
        evaluate:
          primary: roc-auc
          slices: [Wildlife Size]
        promote:
          gates: ["roc-auc >= 0.6", better-than: baseline]
          versus-champion: { margin: "${margin}" }
        """;

    /// <summary>A search that is long enough to be interrupted in its middle.</summary>
    /// <param name="trees">The trees of each of its six candidates, which it takes its time from.</param>
    public static string LongPipeline(int trees = 300) => Pipeline(string.Create(
        CultureInfo.InvariantCulture,
        $"- {{ trainer: gradient-boosting, trees: [{string.Join(", ", Enumerable.Range(0, 6).Select(step => trees + (10 * step)))}], leaves: 15, learning-rate: 0.02, early-stopping-rounds: 0 }}"));
}
