using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

public sealed class PipelineSchemaTests
{
    private readonly SchemaValidator validator = new(PipelineSchema.Generate());

    /// <summary>Values whose form is right: what they mean, and whether they are quoted, only the loader sees.</summary>
    private static readonly string[] OfTheLoader =
    [
        "cron: 0 0 3 * * *\n", "30 FEB", "22-3", "0 0 24", "* * 7", "*/0", "set: { margin: 0.7 }", "webhook: http://hooks", "webhook: https://ada:",
        "strategy: random, parallel", // what a strategy needs
        "by: group }", // what a way to divide needs
        "trainer: test-levels", // which hyperparameters a trainer of one's own has
    ];

    /// <summary>The mistakes that one value shows by itself, and so the schema too.</summary>
    public static TheoryData<string> MistakesOfOneValue =>
    [
        .. PipelineMistakesTests.Mistakes
            .Select(static row => PipelineText.With((string)row[0], (string)row[1]))
            .Where(static text => PipelineText.Load(text).Problems[0].Code is PipelineProblemCodes.UnknownKey or PipelineProblemCodes.MissingKey
                or PipelineProblemCodes.NotYetSupported or PipelineProblemCodes.WrongType or PipelineProblemCodes.InvalidValue)
            .Where(static text => !OfTheLoader.Any(part => text.Contains(part, StringComparison.Ordinal)))
            .Where(static text => !text.Contains("default: high", StringComparison.Ordinal) // the type of a parameter is another key
                && !text.Contains("default: 0.9", StringComparison.Ordinal)
                && !text.Contains("type: number, minimum", StringComparison.Ordinal) // it may be set from outside
                && !text.Contains("[0.02, high]", StringComparison.Ordinal)
                && !text.Contains("roc-auc >= high", StringComparison.Ordinal)
                && !text.Contains("\"${margin\"", StringComparison.Ordinal)
                && !text.Contains("seed: \"${margin}\"", StringComparison.Ordinal)
                && !text.Contains("by: \"${margin}\"", StringComparison.Ordinal)
                && !text.Contains("18446744073709551616", StringComparison.Ordinal) // beyond what a double tells apart
                && !text.Contains("learning-rate: [0.1, 0.2", StringComparison.Ordinal)), // too many combinations
    ];

    [Fact]
    public void Generate_GivesTheCheckedInFile()
    {
        var generated = Path.Combine(AppContext.BaseDirectory, "pipeline.schema.json");
        File.WriteAllText(generated, PipelineSchema.Generate());

        Assert.True(
            Repository.Read("docs", "pipeline.schema.json") == PipelineSchema.Generate(),
            $"docs/pipeline.schema.json is not what the loader reads; look at {generated} and copy it there.");
    }

    [Fact]
    public void Schema_Sample_IsValid() => Assert.True(validator.IsValid(Repository.Read("samples", "bird-strikes", "pipeline.yaml")));

    [Theory]
    [InlineData(PipelineText.Valid)]
    [InlineData(PipelineText.Minimal)]
    public void Schema_ValidFile_IsValid(string text) => Assert.True(validator.IsValid(text));

    [Theory]
    [InlineData("trainer: nearest-neighbours", true)]
    [InlineData("trainer: nearest-neighbours\n      k: 5\n      power: [1, 2]", true)]
    [InlineData("trainer: nearest-neighbours\n      k: five", false)]
    [InlineData("trainer: nearest-neighbours\n      k: []", false)]
    [InlineData("trainer: Nearest Neighbours", false)]
    [InlineData("trainer: baseline", false)]
    [InlineData("trainer: logistic-regression\n      k: 5", false)]
    public void Schema_TrainerOfOnesOwn_MayHaveAnyNumbers(string candidate, bool isValid) =>
        Assert.Equal(isValid, validator.IsValid(PipelineText.Minimal.Replace("trainer: logistic-regression", candidate, StringComparison.Ordinal)));

    [Theory]
    [InlineData("[{ transform: soft-log, columns: [Speed] }]", true)]
    [InlineData("[{ transform: Soft Log, columns: [Speed] }]", false)]
    [InlineData("[{ transform: soft-log }]", false)]
    public void Schema_TransformOfOnesOwn_MayHaveAnyName(string transforms, bool isValid) =>
        Assert.Equal(isValid, validator.IsValid(PipelineText.With("features:\n", $"features:\n  transforms: {transforms}\n")));

    [Theory]
    [MemberData(nameof(MistakesOfOneValue))]
    public void Schema_MistakeOfOneValue_IsInvalid(string text) => Assert.False(validator.IsValid(text), string.Join("\n", PipelineText.Problems(text)));
}
