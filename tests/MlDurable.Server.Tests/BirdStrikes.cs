namespace MlDurable.Server.Tests;

/// <summary>The sample data of the repository, and pipelines on it that are small enough for a test.</summary>
internal static class BirdStrikes
{
    public const string Quick = "- { trainer: logistic-regression, l2: 10 }";
    public const string Long = "- { trainer: gradient-boosting, trees: [300, 310, 320, 330, 340, 350], leaves: 15, learning-rate: 0.02, early-stopping-rounds: 0 }";

    public static byte[] Year(int year) => File.ReadAllBytes(Repository.PathOf("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv"));

    public static string Pipeline(string name, string candidates = Quick, string files = "bird-strikes/*.csv", string triggers = "[http: {}]", string model = "strikes") =>
        $$"""
        pipeline: {{name}}
        seed: 7
        parameters:
          margin: { type: number, default: 0.02, minimum: 0 }
        data:
          files: {{files}}
          label: { column: Effect Amount of damage, positive: { not: None } }
          time: Flight Date
          drop: [Cost Other, Cost Repair, "Cost Total $"]
        split: { by: time, validation: 0.2, holdout: 0.2 }
        train:
          search: { parallel: 2 }
          candidates:
            {{candidates}}
        promote:
          model: {{model}}
          versus-champion: { margin: "${margin}" }
        triggers: {{triggers}}
        """;
}
