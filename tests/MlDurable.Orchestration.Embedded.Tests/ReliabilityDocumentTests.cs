using System.Text.RegularExpressions;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>docs/reliability.md names a test for each bug; each is there.</summary>
public sealed partial class ReliabilityDocumentTests
{
    private const int Bugs = 21;

    [Fact]
    public void Table_EveryBug_HasTestsThatAreThere()
    {
        var rows = Row().Matches(Repository.Read("docs", "reliability.md")).ToList();

        Assert.Equal(Enumerable.Range(1, Bugs).Select(number => $"{number}"), rows.Select(row => row.Groups["number"].Value));
        var sources = Directory.EnumerateFiles(Repository.PathOf("tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(Path.GetFileNameWithoutExtension);
        foreach (var row in rows)
        {
            var tests = TestName().Matches(row.Groups["tests"].Value);
            Assert.NotEmpty(tests);
            foreach (Match test in tests)
            {
                var source = Assert.Single(sources[test.Groups["class"].Value]);
                Assert.Matches($@"\[(Fact|Theory)\][^{{}};]* {test.Groups["method"].Value}\(", File.ReadAllText(source));
            }
        }
    }

    [GeneratedRegex(@"^\| (?<number>[0-9]+) \|.*\| (?<tests>[^|]*) \|$", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<class>[A-Za-z]+)\\.(?<method>[A-Za-z0-9_]+)`", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TestName();
}
