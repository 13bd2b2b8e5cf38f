using System.Globalization;
using System.Text.RegularExpressions;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Tests.Definition;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>The tables of docs/triggers.md say what the rule gives.</summary>
public sealed class TriggerDocumentsTests
{
    public static TheoryData<string, string, string, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, string, string, string>();
            foreach (Match row in Regex.Matches(
                Repository.Read("docs", "triggers.md"),
                @"^\| (?<zone>\w+/\w+) \| `(?<cron>[^`]+)` \| (?<from>\S+) – (?<to>\S+) \| (?<instants>[^|]*)\|",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(5)))
            {
                rows.Add(row.Groups["zone"].Value, row.Groups["cron"].Value, row.Groups["from"].Value, row.Groups["to"].Value, row.Groups["instants"].Value.Trim());
            }

            return rows;
        }
    }

    [Fact]
    public void Tables_AreRead() => Assert.Equal(19, Rows.Count);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_ListsTheInstantsOfTheRule(string zone, string cron, string from, string to, string instants)
    {
        var rule = ScheduleRule.Of(new ScheduleDefinition { Name = "s", Cron = cron, Zone = zone });

        var found = rule.Between(At(from).AddSeconds(-1), At(to).AddSeconds(-1));

        Assert.Equal(instants, string.Join(", ", found.Select(static instant => instant.ToString("MM-dd'T'HH:mm", CultureInfo.InvariantCulture))));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
