using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Data;

namespace MlDurable.Pipelines.Tests.Data;

public sealed class PartitionPatternTests
{
    [Theory]
    [InlineData("strikes/*.csv", "strikes/1990.csv", true)]
    [InlineData("strikes/*.csv", "strikes/old/1990.csv", false)]
    [InlineData("strikes/*.csv", "strikes/1990.csv.gz", false)]
    [InlineData("strikes/**/*.csv", "strikes/1990.csv", true)]
    [InlineData("strikes/**/*.csv", "strikes/a/b/1990.csv", true)]
    [InlineData("strikes/**", "strikes/a/b", true)]
    [InlineData("strikes/199?.csv", "strikes/1990.csv", true)]
    [InlineData("strikes/199?.csv", "strikes/199/.csv", false)]
    [InlineData("a+(b).csv", "a+(b).csv", true)]
    [InlineData("a.csv", "aXcsv", false)]
    public void Matches_Name_FollowsThePattern(string pattern, string name, bool expected) =>
        Assert.Equal(expected, new PartitionPattern(pattern).Matches(name));

    [Fact]
    public void LiteralPrefix_AnyPattern_BeginsEveryMatch() =>
        Prop.ForAll(
            Gen.Elements('a', 'b', '/', '*', '?', '.').ArrayOf().Select(letters => new string(letters)).Two().ToArbitrary(),
            pair =>
            {
                var pattern = new PartitionPattern(pair.Item1);
                return !pattern.Matches(pair.Item2) || pair.Item2.StartsWith(pattern.LiteralPrefix, StringComparison.Ordinal);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Matches_HostilePattern_EndsInTime() =>
        Assert.False(new PartitionPattern(string.Concat(Enumerable.Repeat("*a", 200))).Matches(new string('a', 900) + "b"));
}
