using System.Text.Json;

namespace MlDurable.Cli.Tests;

/// <summary>What commands say of candidates that are searched rather than listed, or cross-validated.</summary>
public sealed class SearchOutputTests : IDisposable
{
    private readonly CliHost host = new();

    public SearchOutputTests() => host.Write(
        Path.Combine(".mldurable", "data", "churn", "1.csv"),
        "age,calls,left\n" + string.Concat(Enumerable.Range(0, 60).Select(row => $"{20 + row},{row * 7 % 13},{(row % 3 == 0 ? "yes" : "no")}\n")));

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    [InlineData("asha")]
    public async Task Validate_Search_SaysHowManyCandidatesItTries(string strategy)
    {
        host.Write("pipeline.yaml", Pipeline(strategy));

        Assert.Equal(0, await host.RunAsync("validate", "pipeline.yaml"));

        Assert.Contains("pipeline 'churn', 12 candidates", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_RandomSearch_ShowsEveryCandidate()
    {
        host.Write("pipeline.yaml", Pipeline("random"));

        Assert.Equal(0, await host.RunAsync("plan", "pipeline.yaml"));

        Assert.Equal(12, host.Output.Split('\n').Count(line => line.Contains("logistic-regression l2=", StringComparison.Ordinal)));
        Assert.DoesNotContain("proposes", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_Asha_SaysOnHowManyRowsCandidatesBegin()
    {
        host.Write("pipeline.yaml", Pipeline("asha"));

        Assert.Equal(0, await host.RunAsync("plan", "pipeline.yaml"));

        Assert.Contains(
            "by successive halving: each begins on 1/9 of the training rows, and the best of 3 goes on with 3 times as many", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_SearchThatProposes_SaysHowManyCandidatesAreOpen()
    {
        host.Write("pipeline.yaml", Pipeline("tpe"));

        Assert.Equal(0, await host.RunAsync("plan", "pipeline.yaml"));

        Assert.DoesNotContain("logistic-regression", host.Output, StringComparison.Ordinal);
        Assert.Contains("and 12 candidates that the search proposes by what those before reached", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanAsJson_SearchThatProposes_HasItsTrialsAndWhatItVaries()
    {
        host.Write("pipeline.yaml", Pipeline("tpe"));

        Assert.Equal(0, await host.RunAsync("plan", "pipeline.yaml", "--json"));

        var search = JsonDocument.Parse(host.Output).RootElement.GetProperty("plan").GetProperty("search");
        Assert.Equal(12, search.GetProperty("trials").GetInt32());
        Assert.Equal("l2", Assert.Single(search.GetProperty("varied").GetProperty("logistic-regression").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Run_CrossValidated_ShowsMeansWithTheirErrors()
    {
        host.Write("pipeline.yaml", SamplePipeline.Yaml.Replace("train:\n", "train:\n  cross-validate: { folds: 3, by: stratified }\n", StringComparison.Ordinal));

        await host.RunAsync("run", "pipeline.yaml");

        Assert.Contains("candidate (mean of 3 folds)", host.Output, StringComparison.Ordinal);
        Assert.Matches(@"logistic-regression l2=1 +0\.\d{4} ± 0\.\d{4} ", host.Output);
    }

    public void Dispose() => host.Dispose();

    private static string Pipeline(string strategy) => SamplePipeline.Yaml
        .Replace("train:\n", $"train:\n  search: {{ strategy: {strategy}, trials: 12 }}\n", StringComparison.Ordinal)
        .Replace("l2: [0.1, 1]", "l2: { from: 0.01, to: 10, scale: log }", StringComparison.Ordinal);
}
