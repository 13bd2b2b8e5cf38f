using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

public sealed class PipelineParameterTests
{
    private const string Declarations = """
        parameters:
          rate: { type: number, default: 1e-2, minimum: 0.001, maximum: 1 }
          trees: { type: integer, default: 100, allowed: [100, 200] }
          folder: { type: string, default: strikes }
          checked: { type: boolean, default: false }

        """;

    private const string Text = Declarations + """
        pipeline: damage
        description: In ${folder} at ${rate}, costs $${folder} or 5$
        data:
          files: ${folder}/*.csv
          label: { column: Effect }
        quality:
          - column: Speed
            required: "${checked}"
            type: number
        train:
          candidates:
            - trainer: gradient-boosting
              trees: ["${trees}", 300]
              learning-rate: ${rate}

        """;

    [Fact]
    public void Load_Defaults_StandWhereTheParametersAreUsed()
    {
        var pipeline = PipelineText.LoadValid(Text);

        Assert.Equal("In strikes at 0.01, costs ${folder} or 5$", pipeline.Description);
        Assert.Equal("strikes/*.csv", pipeline.Data.Files);
        Assert.Single(pipeline.Quality);
        Assert.Equal(
            ["gradient-boosting learning-rate=0.01 trees=100", "gradient-boosting learning-rate=0.01 trees=300"],
            pipeline.Train.Candidates.Select(static candidate => candidate.DisplayName));
        Assert.Equal(["false", "strikes", "0.01", "100"], pipeline.Parameters.Values.Select(static parameter => parameter.Value.Text));
    }

    [Fact]
    public void Load_SetParameters_StandInPlaceOfTheDefaults()
    {
        var pipeline = PipelineText.LoadValid(Text, ("rate", "5e-1"), ("trees", "200"), ("folder", "2024"), ("checked", "true"));

        Assert.Equal("2024/*.csv", pipeline.Data.Files);
        Assert.Equal(2, pipeline.Quality.Length);
        Assert.Equal("gradient-boosting learning-rate=0.5 trees=200", pipeline.Train.Candidates[0].DisplayName);
        Assert.Equal(["true", "2024", "0.5", "200"], pipeline.Parameters.Values.Select(static parameter => parameter.Value.Text));
        Assert.Equal("0.01", pipeline.Parameters["rate"].Default!.Text);
    }

    [Fact]
    public void Load_RecordedValues_GiveTheSameDefinition()
    {
        var first = PipelineText.LoadValid(Text, ("rate", "0.1"), ("folder", " odd: text "));
        var again = PipelineText.LoadValid(Text, [.. first.Parameters.Values.Select(static parameter => (parameter.Name, parameter.Value.Text))]);

        Assert.Equal(first.Data.Files, again.Data.Files);
        Assert.Equal(first.Parameters.Values.Select(static parameter => parameter.Value), again.Parameters.Values.Select(static parameter => parameter.Value));
    }

    [Theory]
    [InlineData("rate", "2", "2:3: the parameter 'rate', which is set to '2', must be a number from 0.001 to 1, not the number 2")]
    [InlineData("rate", "fast", "2:3: the parameter 'rate', which is set to 'fast', must be a number from 0.001 to 1, not the text 'fast'")]
    [InlineData("rate", "", "2:3: the parameter 'rate', which is set to '', must be a number from 0.001 to 1, not nothing")]
    [InlineData("trees", "150", "3:3: the parameter 'trees', which is set to '150', must be a whole number that is one of 100, 200, not the number 150")]
    [InlineData("trees", "1.5", "3:3: the parameter 'trees', which is set to '1.5', must be a whole number that is one of 100, 200, not the number 1.5")]
    [InlineData("checked", "yes", "5:3: the parameter 'checked', which is set to 'yes', must be true or false, not the text 'yes'")]
    [InlineData("folders", "x", "1:1: the parameter 'folders' is set, but not declared; did you mean 'folder'?")]
    [InlineData("folder", "..", "9:10: 'files' must be a relative path with forward slashes, without '.' and '..' as folders, not the text '../*.csv' (from parameter 'folder')")]
    public void Load_WrongSetParameter_IsNamed(string name, string value, string problem) =>
        Assert.Equal([problem], PipelineText.Problems(Text, (name, value)));

    [Fact]
    public void Load_SetParameterOfAFileWithoutAny_IsRefused() =>
        Assert.Equal(
            ["1:1: the parameter 'rate' is set, but not declared; the file declares no parameters"],
            PipelineText.Problems(PipelineText.Minimal, ("rate", "1")));

    [Fact]
    public void Load_ParameterWithoutDefault_MustBeSet()
    {
        var text = Text.Replace("default: strikes", "description: Where", StringComparison.Ordinal);

        Assert.Equal(
            ["4:3: the parameter 'folder' has no default and is not set; add 'default: …', or pass --set folder=…"], PipelineText.Problems(text));
        var folder = PipelineText.LoadValid(text, ("folder", "strikes")).Parameters["folder"];
        Assert.Null(folder.Default);
        Assert.Equal("Where", folder.Description);
    }

    [Fact]
    public void Load_RefusedParameter_SaysNothingMoreWhereItIsUsed() =>
        Assert.Equal(
            ["2:34: 'default' must be a number from 0.001 to 1, not the text 'x'"],
            PipelineText.Problems(Text.Replace("1e-2", "x", StringComparison.Ordinal)));

    [Fact]
    public void Load_UnusedParameter_IsAWarning()
    {
        var result = PipelineText.Load(Text.Replace("[\"${trees}\", 300]", "300", StringComparison.Ordinal));

        Assert.NotNull(result.Definition);
        Assert.Equal("pipeline.yaml:3:3: warning: the parameter 'trees' is never used", Assert.Single(result.Problems).ToString());
    }

    [Fact]
    public void Load_MisspelledParametersSection_IsOneProblem() =>
        Assert.Equal(
            ["1:1: unknown key 'paramters'; did you mean 'parameters'?"], PipelineText.Problems(Text.Replace("parameters:", "paramters:", StringComparison.Ordinal)));

    [Fact]
    public void Load_SetParameterThatCannotBeWhereItIsUsed_IsNamedThere() =>
        Assert.Equal(
            ["40:50: 'margin' must be a number above 0, not 0 (from parameter 'margin')"], PipelineText.Problems(PipelineText.Valid, ("margin", "0")));
}
