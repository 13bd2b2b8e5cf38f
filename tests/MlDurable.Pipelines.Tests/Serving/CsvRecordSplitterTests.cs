using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class CsvRecordSplitterTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a,b|1,2")]
    [InlineData("a,b\r\n1,2", "a,b|1,2")]
    [InlineData("a\n\n\n1\n", "a|1")]
    [InlineData("\uFEFFa\n1\n", "a|1")]
    [InlineData("a\n\"x\ny\"\n2\n", "a|\"x\ny\"|2")]
    [InlineData("a\n\"say \"\"hi\"\"\"\n", "a|\"say \"\"hi\"\"\"")]
    [InlineData("", "")]
    public async Task ReadAsync_SplitsAtLineBreaksOutsideQuotes(string csv, string expected) =>
        Assert.Equal(expected, string.Join('|', await SplitAsync(csv, 1000)));

    [Fact]
    public async Task NextLine_CountsLinesInsideQuotesAndEmptyOnes()
    {
        using var stream = new MemoryStream("a\n\n\"x\ny\"\n2\n"u8.ToArray());
        using var splitter = new CsvRecordSplitter(stream, 100);
        await splitter.ReadAsync(CancellationToken.None);
        await splitter.ReadAsync(CancellationToken.None);
        Assert.Equal(5, splitter.NextLine);
    }

    [Fact]
    public async Task ReadAsync_RecordBeyondTheLimit_IsRefusedWithItsLine()
    {
        var exception = await Assert.ThrowsAsync<CsvException>(() => SplitAsync("a\nb\n\"" + new string('x', 200_000), 100_000));
        Assert.Equal("csv-record-too-long", exception.Code);
        Assert.Equal(3, exception.Line);
    }

    [Fact]
    public void ReadAsync_AnyRecordsJoined_AreTheSameRecords()
    {
        var field = Gen.Elements("a", "1", "\"q,\n\"", "\"\"", "é", "x y");
        var records = Gen.ListOf(Gen.NonEmptyListOf(field).Select(fields => string.Join(',', fields)));
        Prop.ForAll(records.ToArbitrary(), list =>
            SplitAsync(string.Join("\r\n", list), 1_000_000).GetAwaiter().GetResult().SequenceEqual(list)).QuickCheckThrowOnFailure();
    }

    private static async Task<List<string>> SplitAsync(string csv, int maxBytes)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        using var splitter = new CsvRecordSplitter(stream, maxBytes);
        var records = new List<string>();
        while (await splitter.ReadAsync(CancellationToken.None) is { } record)
        {
            records.Add(Encoding.UTF8.GetString(record));
        }

        return records;
    }
}
