using System.Text.RegularExpressions;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Infra.Tests;

/// <summary>The alerts ask for the metrics that docs/deployment.md names, and reach people.</summary>
public sealed partial class AlertTests
{
    private const string RuleType = "Microsoft.Insights/scheduledQueryRules";

    [Fact]
    public async Task Queries_AskForTheDocumentedMetricsAndTags()
    {
        var documented = RepositoryFiles.Table("docs/deployment.md", "| metric | kind | unit | tags |");
        var metrics = documented.ToDictionary(row => row[0], row => row[3].Split(", "));
        var queries = (await Deployment.OfAsync("prod")).Of(RuleType)
            .Select(rule => Assert.Single(rule.At("properties.criteria.allOf").EnumerateArray()).Text("query")).ToList();

        var asked = queries.Select(query => Metric().Match(query).Groups["name"].Value).ToHashSet();
        Assert.Equal(metrics.Keys.Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));
        Assert.All(queries, query => Assert.All(
            Tag().Matches(query).Select(match => match.Groups["name"].Value),
            tag => Assert.Contains(tag, metrics[Metric().Match(query).Groups["name"].Value])));
    }

    [Fact]
    public async Task Queries_AskForWhatTheHostsEmit()
    {
        var asked = (await Deployment.OfAsync("prod")).Of(RuleType)
            .Select(rule => Metric().Match(rule.At("properties.criteria.allOf")[0].Text("query")).Groups["name"].Value).Distinct();

        Assert.Equal(
            new[] { RunMetrics.Finished, RunMetrics.PartitionsQuarantined, RunMetrics.WaitingAge }.Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Measures_AreColumnsOfTheirQueries()
    {
        var criteria = (await Deployment.OfAsync("prod")).Of(RuleType).Select(rule => rule.At("properties.criteria.allOf")[0]);

        Assert.All(criteria, criterion =>
        {
            var query = criterion.Text("query");
            Assert.Contains($"{criterion.Text("metricMeasureColumn")} = ", query, StringComparison.Ordinal);
            Assert.All(
                criterion.At("dimensions").EnumerateArray(),
                dimension => Assert.Contains($"{dimension.Text("name")} = ", query, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("dev", false)]
    [InlineData("test", true)]
    [InlineData("prod", true)]
    public async Task NoRunInTime_IsAlerted_WhereTheProfileSaysSo(string variant, bool alerted)
    {
        var rules = (await Deployment.OfAsync(variant)).Of(RuleType);

        Assert.Equal(alerted ? 4 : 3, rules.Length);
        Assert.Equal(alerted, rules.Any(rule => rule.Text("name") == "factory-no-run"));
    }

    [Fact]
    public async Task Alerts_WithAddresses_ReachThem()
    {
        var deployment = await Deployment.OfAsync("test");
        var group = deployment.One("Microsoft.Insights/actionGroups");

        Assert.Equal(
            ["ada@example.org", "grace@example.org"],
            group.At("properties.emailReceivers").EnumerateArray().Select(receiver => receiver.Text("emailAddress")));
        Assert.All(deployment.Of(RuleType), rule =>
            Assert.Equal(group.Text("id"), Assert.Single(rule.At("properties.actions.actionGroups").EnumerateArray()).GetString()));
    }

    [Fact]
    public async Task Alerts_WithoutAddresses_HaveNoGroup()
    {
        var deployment = await Deployment.OfAsync("dev");

        Assert.Empty(deployment.Of("Microsoft.Insights/actionGroups"));
        Assert.All(deployment.Of(RuleType), rule => Assert.Empty(rule.At("properties.actions.actionGroups").EnumerateArray()));
    }

    [GeneratedRegex("name == \"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"customDimensions\.(?<name>[a-z]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();
}
