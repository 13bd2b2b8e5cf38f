namespace MlDurable.Cli.Tests;

/// <summary>A small valid pipeline file.</summary>
internal static class SamplePipeline
{
    public const string Yaml =
        """
        pipeline: churn
        parameters:
          margin: { type: number, default: 0.02, minimum: 0 }
        data:
          files: churn/*.csv
          label: { column: left, positive: "yes" }
        train:
          candidates:
            - trainer: logistic-regression
              l2: [0.1, 1]
        promote:
          versus-champion: { margin: "${margin}" }
        """;
}
