using System.IO.Compression;
using System.Text;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class CsvTableTests
{
    [Fact]
    public async Task ReadAsync_WithoutSchema_InfersTheKinds()
    {
        var table = (await ReadAsync("n,c,t,e\n1,red,2001-02-03,\n-2.5e3,blue,2001-02-03T04:05:06Z,\n,red,,NA\n")).Table;
        Assert.Equal([ColumnKind.Number, ColumnKind.Category, ColumnKind.Time, ColumnKind.Number], table.Columns.Select(column => column.Kind));
        Assert.Equal([1, -2500, double.NaN], ((NumberColumn)table["n"]).Values);
        Assert.Equal(["red", "blue"], ((CategoryColumn)table["c"]).Categories);
        Assert.Equal([0, 1, 0], ((CategoryColumn)table["c"]).Codes);
        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc), ((TimeColumn)table["t"]).At(1));
        Assert.Null(((TimeColumn)table["t"]).At(2));
        Assert.True(table["e"].IsAllMissing);
    }

    [Theory]
    [InlineData("1\n2\nx\n")]
    [InlineData("2001-01-01\n2001-01-02\n7\n")]
    [InlineData("NA\n1\nNA\ninf\n")]
    [InlineData("1e999\n")]
    [InlineData("Infinity\n")]
    [InlineData("-∞\n")]
    [InlineData("1,5\n", true)]
    [InlineData("0x10\n")]
    public async Task ReadAsync_ColumnWithATextThatIsNoNumber_KeepsEveryText(string cells, bool quoted = false)
    {
        var csv = "c\n" + (quoted ? $"\"{cells.TrimEnd()}\"\n" : cells);
        var column = Assert.IsType<CategoryColumn>((await ReadAsync(csv)).Table["c"]);
        var expected = cells.TrimEnd().Split('\n').Select(text => text == "NA" ? null : text);
        Assert.Equal(expected, Enumerable.Range(0, column.Count).Select(column.TextAt));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData(" 1 ", 1)]
    [InlineData("+1.50", 1.5)]
    [InlineData("-0", -0.0)]
    [InlineData("1e-3", 0.001)]
    [InlineData("1E+3", 1000)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5)]
    [InlineData("179769313486231570000000000000000000000e270", 1.7976931348623157e308)]
    [InlineData("4.9406564584124654e-324", double.Epsilon)]
    [InlineData("9007199254740993", 9007199254740992)]
    public async Task ReadAsync_Number_IsReadExactly(string text, double expected)
    {
        var column = Assert.IsType<NumberColumn>((await ReadAsync($"c\n{text}\n")).Table["c"]);
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(column.Values[0]));
    }

    [Theory]
    [InlineData("2000-02-29", "2000-02-29T00:00:00.0000000Z")]
    [InlineData("2000-01-01T12:34", "2000-01-01T12:34:00.0000000Z")]
    [InlineData("2000-01-01 12:34:56", "2000-01-01T12:34:56.0000000Z")]
    [InlineData("2000-01-01T12:34:56.789123456Z", "2000-01-01T12:34:56.7891234Z")]
    [InlineData("2000-01-01T00:30:00+01:00", "1999-12-31T23:30:00.0000000Z")]
    [InlineData("2000-01-01T00:30:00-0530", "2000-01-01T06:00:00.0000000Z")]
    [InlineData("2000-01-01T00:30:00+14", "1999-12-31T10:30:00.0000000Z")]
    public async Task ReadAsync_Time_IsReadAsUtc(string text, string expected)
    {
        var column = Assert.IsType<TimeColumn>((await ReadAsync($"c\n{text}\n")).Table["c"]);
        Assert.Equal(expected, column.At(0)!.Value.ToString("O"));
    }

    [Theory]
    [InlineData("1999-02-29")]
    [InlineData("2000-13-01")]
    [InlineData("2000-1-1")]
    [InlineData("0000-01-01")]
    [InlineData("2000-01-01T24:00")]
    [InlineData("2000-01-01T12:60")]
    [InlineData("2000-01-01T12:34:56.")]
    [InlineData("2000-01-01T12:34:56+15:00")]
    [InlineData("2000-01-01T12:34:56x")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    public async Task ReadAsync_ImpossibleTime_IsAText(string text) =>
        Assert.Equal(ColumnKind.Category, (await ReadAsync($"c\n{text}\n")).Table["c"].Kind);

    [Theory]
    [InlineData("a,b\r\n1,2\r\n3,4\r\n")]
    [InlineData("a,b\n1,2\n3,4")]
    [InlineData("a,b\r\n1,2\r\n3,4")]
    [InlineData("\uFEFFa,b\n1,2\n3,4\n")]
    [InlineData("a,b\n\n1,2\n\r\n\n3,4\n\n")]
    [InlineData("\"a\",\"b\"\n\"1\",2\n3,\"4\"")]
    public async Task ReadAsync_LineEndsMarkAndQuotes_MakeNoDifference(string csv)
    {
        var table = (await ReadAsync(csv)).Table;
        Assert.Equal(["a", "b"], table.Columns.Select(column => column.Name));
        Assert.Equal([1, 3], ((NumberColumn)table["a"]).Values);
        Assert.Equal([2, 4], ((NumberColumn)table["b"]).Values);
    }

    [Fact]
    public async Task ReadAsync_QuotedCells_KeepCommasQuotesAndLineBreaks()
    {
        var column = (CategoryColumn)(await ReadAsync("a,b\n\"x,\"\"y\"\"\r\nz\",1\n5\" pipe,2\n\"\"\"\",3\n")).Table["a"];
        Assert.Equal(["x,\"y\"\r\nz", "5\" pipe", "\""], column.Categories);
    }

    [Fact]
    public async Task ReadAsync_SpacesAroundMissingTexts_DoNotMatterButCategoriesKeepThem()
    {
        var column = (CategoryColumn)(await ReadAsync("a,b\n x ,1\n  ,1\n NA,1\nNone,1\n")).Table["a"];
        Assert.Equal([" x ", null, null, "None"], Enumerable.Range(0, 4).Select(column.TextAt));
    }

    [Fact]
    public async Task ReadAsync_HeaderOnly_GivesNoRows()
    {
        var table = (await ReadAsync("a,b")).Table;
        Assert.Equal(0, table.RowCount);
        Assert.Equal(2, table.Columns.Count);
    }

    [Theory]
    [InlineData("", "csv-empty", 1, null)]
    [InlineData("\n\r\n\n", "csv-empty", 1, null)]
    [InlineData("a,b\n1,2\n1\n", "csv-ragged-row", 3, null)]
    [InlineData("a,b\n\"1\n2\",2\n1,2,3\n", "csv-ragged-row", 4, null)]
    [InlineData("a,,b\n", "csv-empty-column-name", 1, 2)]
    [InlineData("a,b,", "csv-empty-column-name", 1, 3)]
    [InlineData("a,b,a\n", "csv-duplicate-column", 1, 3)]
    [InlineData("a,b\n1,2\n1,\"2\n3\n", "csv-unterminated-quote", 3, 2)]
    [InlineData("a,b\n1,\"", "csv-unterminated-quote", 2, 2)]
    [InlineData("a,b\n1,\"2\"x\n", "csv-text-after-quote", 2, 2)]
    [InlineData("a,b\n1,2\r3,4\r", "csv-lone-carriage-return", 2, 2)]
    [InlineData("a,b\n1,2\r", "csv-lone-carriage-return", 2, 2)]
    [InlineData("a,b\n1,2\n\"3\n\0\",4\n", "csv-nul-byte", 4, null)]
    public async Task ReadAsync_BrokenFile_SaysWhatAndWhere(string csv, string code, long line, int? column)
    {
        var exception = await Assert.ThrowsAsync<CsvException>(() => ReadAsync(csv));
        Assert.Equal((code, line, column), (exception.Code, exception.Line, exception.Column));
        Assert.StartsWith($"Line {line}: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_RaggedRow_SaysHowManyFieldsWereExpectedAndFound()
    {
        var exception = await Assert.ThrowsAsync<CsvException>(() => ReadAsync("a,b\n1,2\n1,2,3\n"));
        Assert.Contains("expected 2", exception.Message, StringComparison.Ordinal);
        Assert.Contains("found 3", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'1', (byte)'\n', (byte)'c', 0xE9, (byte)'\n' }, 3)]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, 1)]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'"', (byte)'\n', (byte)'\n', 0xC3, (byte)'"' }, 4)]
    public async Task ReadAsync_OtherEncoding_IsRefusedWithTheLine(byte[] bytes, long line)
    {
        var exception = await Assert.ThrowsAsync<CsvException>(() => CsvTable.ReadAsync(new MemoryStream(bytes), new CsvOptions()));
        Assert.Equal(("csv-not-utf8", line), (exception.Code, exception.Line));
    }

    [Fact]
    public async Task ReadAsync_OneLineOfMoreThanAGigabyte_IsRefusedAfterTheLimit()
    {
        await using var stream = new EndlessLine(1L << 31);
        var exception = await Assert.ThrowsAsync<CsvException>(() => CsvTable.ReadAsync(stream, new CsvOptions()));
        Assert.Equal(("csv-record-too-long", 2L), (exception.Code, exception.Line));
        Assert.InRange(stream.BytesRead, 1 << 20, 4 << 20);
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(9, true)]
    public async Task ReadAsync_RecordAtTheLimit_IsReadAndOneByteMoreIsNot(int limit, bool refused)
    {
        var reading = CsvTable.ReadAsync(Bytes("a,b\n12345,6789\n"), new CsvOptions { MaxRecordBytes = limit });
        Assert.Equal(refused ? "csv-record-too-long" : null, (await Record.ExceptionAsync(() => reading) as CsvException)?.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadAsync_NumbersUntilFarIntoTheFile_AreTextsOnceOneIsNone(bool seekable)
    {
        var texts = Enumerable.Range(0, 200_000).Select(i => $"{i % 1000}.50").Append("none").ToArray();
        Stream stream = Bytes("a,b\n" + string.Concat(texts.Select((text, i) => $"{text},{i}\n")));
        var table = (await CsvTable.ReadAsync(seekable ? stream : new Forward(stream), new CsvOptions())).Table;
        var column = Assert.IsType<CategoryColumn>(table["a"]);
        Assert.Equal(texts, Enumerable.Range(0, column.Count).Select(column.TextAt));
        Assert.Equal(Enumerable.Range(0, texts.Length).Select(i => (double)i), ((NumberColumn)table["b"]).Values.ToArray());
    }

    [Fact]
    public async Task ReadAsync_TooManyTextsInAColumnOfNumbers_AreCountedFromTheFirstOtherValueOn()
    {
        var csv = "a\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")) + "none\n1\n";
        var exception = await Assert.ThrowsAsync<CsvException>(() => CsvTable.ReadAsync(Bytes(csv), new CsvOptions { MaxCategories = 10 }));
        Assert.Equal(("csv-too-many-categories", 100_002L, 1), (exception.Code, exception.Line, exception.Column));
    }

    [Fact]
    public async Task ReadAsync_FileThatChangesBetweenTwoReadings_IsRefused()
    {
        var csv = "a\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")) + "none\n";
        await using var stream = new Changing(Encoding.UTF8.GetBytes(csv), Encoding.UTF8.GetBytes(csv[..^5]));
        var exception = await Assert.ThrowsAsync<CsvException>(() => CsvTable.ReadAsync(stream, new CsvOptions()));
        Assert.Equal("csv-changed", exception.Code);
    }

    [Fact]
    public async Task ReadAsync_LimitsThatCannotBe_AreRefused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => CsvTable.ReadAsync(Bytes("a\n"), new CsvOptions { MaxThreads = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => CsvTable.ReadAsync(Bytes("a\n"), new CsvOptions { MaxBytes = 2_000_000_001 }));
    }

    [Fact]
    public async Task ReadAsync_MoreThanTheLimits_IsRefused()
    {
        Assert.Equal("csv-too-many-columns", await CodeAsync("a,b,c\n", new CsvOptions { MaxColumns = 2 }));
        Assert.Equal("csv-too-many-categories", await CodeAsync("a\nx\ny\nz\n", new CsvOptions { MaxCategories = 2 }));
        Assert.Equal("csv-too-large", await CodeAsync("a\nx\ny\nz\n", new CsvOptions { MaxBytes = 7 }));
        Assert.Null(await CodeAsync("a\nx\ny\nz\n", new CsvOptions { MaxBytes = 8, MaxCategories = 3, MaxColumns = 1 }));
    }

    [Fact]
    public async Task ReadAsync_Gzip_IsUnpacked()
    {
        var table = (await CsvTable.ReadAsync(new MemoryStream(Gzip("a,b\n1,x\n2,y\n")), new CsvOptions())).Table;
        Assert.Equal([1, 2], ((NumberColumn)table["a"]).Values);
    }

    [Fact]
    public async Task ReadAsync_GzipThatUnpacksToTooMuch_IsRefused()
    {
        var packed = Gzip("a\n" + string.Concat(Enumerable.Repeat("0\n", 1_000_000)));
        Assert.True(packed.Length < 10_000);
        var exception = await Assert.ThrowsAsync<CsvException>(
            () => CsvTable.ReadAsync(new MemoryStream(packed), new CsvOptions { MaxBytes = 100_000 }));
        Assert.Equal("csv-too-large", exception.Code);
    }

    [Fact]
    public async Task ReadAsync_DamagedGzip_IsRefused()
    {
        var whole = Gzip("a\n" + string.Join('\n', Enumerable.Range(0, 10_000)));
        var changed = (byte[])whole.Clone();
        changed[whole.Length / 2] ^= 0x55;
        byte[][] damaged = [whole[..2], whole[..20], whole[..(whole.Length / 2)], whole[..^9], whole[..^1], changed, [.. whole, 1, 2, 3]];
        foreach (var bytes in damaged)
        {
            var exception = await Assert.ThrowsAsync<CsvException>(() => CsvTable.ReadAsync(new MemoryStream(bytes), new CsvOptions()));
            Assert.Equal("csv-gzip-corrupt", exception.Code);
        }
    }

    [Fact]
    public async Task ReadAsync_SeveralGzipMembers_AreOneFile()
    {
        byte[] joined = [.. Gzip("a\n1\n"), .. Gzip("2\n3")];
        var column = (NumberColumn)(await CsvTable.ReadAsync(new MemoryStream(joined), new CsvOptions())).Table["a"];
        Assert.Equal([1, 2, 3], column.Values);
    }

    [Fact]
    public async Task ReadAsync_StreamThatGivesOneByteAtATime_ReadsTheSame()
    {
        var csv = "a,b\r\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i},\"text \"\"{i}\"\"\r\nof row\"\r\n"));
        var slow = (await CsvTable.ReadAsync(new Trickle(Bytes(csv)), new CsvOptions())).Table;
        var fast = (await ReadAsync(csv)).Table;
        TableAssert.Equal(fast, slow);
        Assert.Equal("text \"1999\"\r\nof row", ((CategoryColumn)slow["b"]).TextAt(1999));
    }

    [Fact]
    public async Task ReadAsync_WithSchema_ReportsWhatDoesNotFit()
    {
        var schema = new TableSchema(
        [
            new ColumnSchema("number", ColumnKind.Number), new ColumnSchema("absent", ColumnKind.Category),
            new ColumnSchema("time", ColumnKind.Time), new ColumnSchema("text", ColumnKind.Category),
        ]);
        var content = await CsvTable.ReadAsync(
            Bytes("extra,text,number,time\nx,1,1,2001-01-01\nx,2,\"oh\nno\",7\nx,3,inf,2001-01-01\nx,4,NA,\n"), new CsvOptions { Schema = schema });
        Assert.Equal(schema, content.Table.Schema);
        Assert.Equal("absent", Assert.Single(content.MissingColumns));
        Assert.Equal("extra", Assert.Single(content.ExtraColumns));
        Assert.True(content.Table["absent"].IsAllMissing);
        Assert.Equal(4, content.Table.RowCount);
        Assert.Equal([1, double.NaN, double.NaN, double.NaN], ((NumberColumn)content.Table["number"]).Values);
        Assert.Equal(["1", "2", "3", "4"], ((CategoryColumn)content.Table["text"]).Categories);
        Assert.Equal(
            [new TypeErrors("number", ColumnKind.Number, 2, 3, "oh\nno"), new TypeErrors("time", ColumnKind.Time, 1, 3, "7")], content.TypeErrors.AsEnumerable());
    }

    [Fact]
    public async Task ReadAsync_WithSchemaAndALongWrongText_CutsTheText()
    {
        var schema = new TableSchema([new ColumnSchema("n", ColumnKind.Number)]);
        var content = await CsvTable.ReadAsync(Bytes($"n\n{new string('x', 1000)}\n"), new CsvOptions { Schema = schema });
        Assert.Equal(new string('x', 100), content.TypeErrors.Single().FirstText);
    }

    [Fact]
    public async Task InferSchemaAsync_ColumnWithoutValues_IsAGuessThatYields()
    {
        var options = new CsvOptions();
        var empty = await CsvTable.InferSchemaAsync(Bytes("a,b\n,1\nNA,2\n"), options);
        var full = await CsvTable.InferSchemaAsync(Bytes("a,b\n2001-01-01,x\n"), options);
        Assert.Equal(new ColumnSchema("a", ColumnKind.Number) { IsGuess = true }, empty.Columns[0]);
        var expected = new TableSchema([new ColumnSchema("a", ColumnKind.Time), new ColumnSchema("b", ColumnKind.Category)]);
        Assert.Equal(expected, TableSchema.Merge(empty, full));
        Assert.Equal(expected, TableSchema.Merge(full, empty));
    }

    [Fact]
    public async Task ReadAsync_Canceled_Stops()
    {
        using var source = new CancellationTokenSource();
        await using var stream = new CancelingStream(Bytes("a\n" + new string('\n', 200_000)), source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CsvTable.ReadAsync(stream, new CsvOptions(), source.Token));
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static Task<CsvContent> ReadAsync(string csv) => CsvTable.ReadAsync(Bytes(csv), new CsvOptions());

    private static async Task<string?> CodeAsync(string csv, CsvOptions options) =>
        (await Record.ExceptionAsync(() => CsvTable.ReadAsync(Bytes(csv), options)) as CsvException)?.Code;

    private static byte[] Gzip(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private sealed class EndlessLine(long length) : ReadOnlyTestStream
    {
        private static ReadOnlySpan<byte> Header => "a,b\n"u8;

        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - BytesRead);
            for (var i = 0; i < count; i++)
            {
                buffer[i] = BytesRead + i < Header.Length ? Header[(int)BytesRead + i] : (byte)'x';
            }

            BytesRead += count;
            return count;
        }
    }

    private sealed class Forward(Stream inner) : ReadOnlyTestStream
    {
        public override int Read(Span<byte> buffer) => inner.Read(buffer);
    }

    /// <summary>Holds other bytes once it was set back.</summary>
    private sealed class Changing(byte[] first, byte[] second) : ReadOnlyTestStream
    {
        private MemoryStream inner = new(first);

        public override bool CanSeek => true;

        public override long Position
        {
            get => inner.Position;
            set => inner = new MemoryStream(second) { Position = value };
        }

        public override int Read(Span<byte> buffer) => inner.Read(buffer);
    }

    private sealed class Trickle(Stream inner) : ReadOnlyTestStream
    {
        public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(1, buffer.Length)]);
    }

    private sealed class CancelingStream(Stream inner, CancellationTokenSource source) : ReadOnlyTestStream
    {
        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer);
            if (inner.Position > 100_000)
            {
                source.Cancel();
            }

            return count;
        }
    }
}
