using System.Text.Json;

namespace MlDurable.Cli.Tests;

/// <summary><c>mldurable validate</c> says what the labels are, as the task has it.</summary>
public sealed class ValidateCommandTests : IDisposable
{
    private readonly CliHost cli = new();

    [Fact]
    public async Task Validate_Classes_SaysTheRarestAndTheMostFrequent()
    {
        Assert.Equal(0, await ValidateAsync("multiclass", ["red", "green", "red", "blue", "", "red", "green"]));

        Assert.Contains(
            "1 partition, 7 rows, 6 labelled rows, 3 classes: from 'blue' (1 row) to 'red' (3 rows)\n", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_ClassesWithJson_CountsEachMostFrequentFirst()
    {
        Assert.Equal(0, await ValidateAsync("multiclass", ["red", "green", "red", "blue", "", "red", "green"], "--json"));

        var data = JsonDocument.Parse(cli.Output).RootElement.GetProperty("data");
        Assert.Equal(
            [("red", 3), ("green", 2), ("blue", 1)],
            data.GetProperty("classes").EnumerateArray().Select(count => (count.GetProperty("class").GetString(), count.GetProperty("rows").GetInt32())));
        Assert.False(data.TryGetProperty("positives", out _));
        Assert.False(data.TryGetProperty("numbers", out _));
    }

    [Fact]
    public async Task Validate_OneOfSeveralClasses_IsRefusedByItsName()
    {
        Assert.NotEqual(0, await ValidateAsync("multiclass", ["red", "red", ""]));

        Assert.Contains("All rows are of the class 'red'", cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from -2 to 10 with the median 3", "10", "-2", "3", "", "2.5", "4")]
    [InlineData("from -2 to 10 with the median 2.75", "10", "-2", "3", "2.5")]
    [InlineData("from 7 to 9 with the median 8", "7", "9")]
    public async Task Validate_Numbers_SaysHowTheySpread(string expected, params string[] labels)
    {
        Assert.Equal(0, await ValidateAsync("regression", labels));

        Assert.Contains($"{labels.Count(label => label.Length > 0)} labelled rows, {expected}\n", cli.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_NumbersThatAreAllTheSame_WarnsThatThereIsNothingToLearn()
    {
        Assert.Equal(0, await ValidateAsync("regression", ["4", "4", "4"]));

        Assert.Contains("every label is the same number, so that there is nothing to learn; check `data.label`", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_PositiveAndNegativeRows_CountsPositives()
    {
        Assert.Equal(0, await ValidateAsync("binary", ["1", "0", "0", ""]));

        Assert.Contains("3 labelled rows, 1 positive\n", cli.Output, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();

    private Task<int> ValidateAsync(string task, string[] labels, params string[] options)
    {
        cli.Write(
            "p.yaml",
            $$"""
            pipeline: paint
            data:
              files: paint/*.csv
              label: { column: label, task: {{task}} }
            train:
              candidates:
                - trainer: gradient-boosting
            """);
        var file = cli.Write("1.csv", "size,label\n" + string.Concat(labels.Select((label, row) => $"{row},{label}\n")));
        return cli.RunAsync(["validate", "p.yaml", "--data", file, .. options]);
    }
}
