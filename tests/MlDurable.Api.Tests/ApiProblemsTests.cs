using System.Text.RegularExpressions;
using MlDurable.Api.Endpoints;

namespace MlDurable.Api.Tests;

public sealed partial class ApiProblemsTests
{
    /// <summary>Nothing that a caller could put right: a damaged store, a mistake in the app, or what only the record of a run tells.</summary>
    private static readonly string[] OnlyServerErrors =
    [
        "after-chain-too-long", "champion-cannot-score", "empty-fold", "empty-part", "evidence-changed", "fold-lacks-class", "model-changed", "no-readable-partition",
        "nothing-to-compare-on", "predictor-mismatch", "predictor-type", "registry-broken", "schema-missing", "too-few-groups",
    ];

    [Theory]
    [InlineData("run-not-found", 404)]
    [InlineData("superseded", 409)]
    [InlineData("precondition-failed", 412)]
    [InlineData("run-conflict", 422)]
    [InlineData("csv-empty", 400)]
    [InlineData("store-unavailable", 503)]
    [InlineData("something-else", 500)]
    public void StatusOf_Code_IsThatOfTheTable(string code, int status) => Assert.Equal(status, ApiProblems.StatusOf(code));

    [Fact]
    public void StatusOf_EveryCodeOfThePipelines_IsInTheTableOrMeantToBe500()
    {
        var sources = Directory.EnumerateFiles(Repository.PathOf("src", "MlDurable.Pipelines"), "*.cs", SearchOption.AllDirectories);
        var codes = sources
            .SelectMany(file => ThrownCode().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["code"].Value)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.Equal(OnlyServerErrors, codes.Where(code => ApiProblems.StatusOf(code) == 500));
        Assert.True(codes.Count > 40, $"only {codes.Count} codes were found");
    }

    [Fact]
    public void Of_Code_CarriesItInTheBody()
    {
        var problem = ApiProblems.Of("run-not-found", "there is no run").ProblemDetails;

        Assert.Equal(404, problem.Status);
        Assert.Equal("run-not-found", problem.Extensions["code"]);
    }

    [GeneratedRegex("new PipelineException\\(\\s*\"(?<code>[a-z-]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ThrownCode();
}
