using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class CsvPropertyTests
{
    [Fact]
    public void ReadAsync_OfAnyWrittenTexts_GivesThemBack()
    {
        var rows =
            from columns in Gen.Choose(1, 4)
            from cells in Gen.ListOf(Gen.ArrayOf(TableGenerators.Text, columns))
            from newLine in Gen.Elements("\n", "\r\n")
            select (columns, cells, newLine);
        Prop.ForAll(rows.ToArbitrary(), file =>
        {
            var schema = new TableSchema([.. Enumerable.Range(0, file.columns).Select(i => new ColumnSchema($"column {i}", ColumnKind.Category))]);
            var csv = Line(schema.Columns.Select(column => column.Name), file.newLine) + string.Concat(file.cells.Select(row => Line(row, file.newLine)));
            var table = Read(csv, new CsvOptions { Schema = schema, MissingTexts = [] }).Table;
            var read = Enumerable.Range(0, table.RowCount)
                .Select(row => table.Columns.Select(column => ((CategoryColumn)column).TextAt(row)!).ToArray());
            Assert.Equal(file.cells, read);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ReadAsync_OfAnyWrittenNumbers_GivesThemBack() =>
        Prop.ForAll(Gen.NonEmptyListOf(TableGenerators.Number).ToArbitrary(), values =>
        {
            var csv = "n\n" + string.Concat(values.Select(value => value.ToString("R", CultureInfo.InvariantCulture) + "\n"));
            Assert.Equal(values.ToArray(), ((NumberColumn)Read(csv, new CsvOptions()).Table["n"]).Values);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void InferSchemaAsync_OfAnyFile_AgreesWithReadAsync()
    {
        var files = Gen.ListOf(Gen.ArrayOf(TableGenerators.Text, 3));
        Prop.ForAll(files.ToArbitrary(), rows =>
        {
            var csv = "a,b,c\n" + string.Concat(rows.Select(row => Line(row, "\n")));
            var inferred = CsvTable.InferSchemaAsync(new MemoryStream(Encoding.UTF8.GetBytes(csv)), new CsvOptions()).GetAwaiter().GetResult();
            var table = Read(csv, new CsvOptions()).Table;
            Assert.Equal(table.Schema.Columns, inferred.Columns.Select(column => column with { IsGuess = false }));
            Assert.Equal(table.Columns.Select(column => column.IsAllMissing), inferred.Columns.Select(column => column.IsGuess));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task ReadAsync_OfAnyBytes_ReadsOrRefusesThem()
    {
        var random = new SplitMix64(20010911);
        var pieces = new[] { ",", "\"", "\n", "\r", "\r\n", "a", "1", "-2e5", "2001-01-01", "NA", "é", "\0", "\uFEFF", "\u001f\u008b" }.Select(Encoding.UTF8.GetBytes).ToArray();
        var schema = new TableSchema([new ColumnSchema("a", ColumnKind.Number), new ColumnSchema("1", ColumnKind.Time)]);
        var outcomes = new Dictionary<string, int>();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Enumerable.Range(0, random.NextInt(40))
                .SelectMany(_ => random.NextInt(20) == 0 ? [(byte)random.NextInt(256)] : pieces[random.NextInt(pieces.Length)])
                .ToArray();
            if (random.NextInt(50) == 0)
            {
                bytes = [0x1F, 0x8B, .. bytes];
            }

            var options = new CsvOptions { Schema = i % 2 == 0 ? null : schema, MaxRecordBytes = 30, MaxColumns = 6 };
            var outcome = "read";
            try
            {
                await CsvTable.ReadAsync(new MemoryStream(bytes), options);
            }
            catch (CsvException exception)
            {
                outcome = exception.Code;
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        // The generator must reach every way to end, or the test proves little.
        string[] expected =
        [
            "csv-duplicate-column", "csv-empty", "csv-empty-column-name", "csv-gzip-corrupt", "csv-lone-carriage-return", "csv-not-utf8", "csv-nul-byte",
            "csv-ragged-row", "csv-record-too-long", "csv-text-after-quote", "csv-too-many-columns", "csv-unterminated-quote", "read",
        ];
        Assert.Equal(expected, outcomes.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ReadAsync_AnyBlocksAndThreads_ReadOrRefuseTheSame()
    {
        var random = new SplitMix64(20260704);
        var cells = new[] { "1", "2.5", "-3", "x", "y", "NA", "", "2001-01-01", "\"a,b\"", "\"l\nm\"", "\"d\"\"e\"", "1e5", "5\" pipe" };
        var outcomes = new Dictionary<string, int>();
        for (var i = 0; i < 2000; i++)
        {
            var columns = 1 + random.NextInt(4);
            var csv = new StringBuilder().AppendJoin(',', Enumerable.Range(0, columns).Select(column => $"c{column}")).Append('\n');
            var usual = Enumerable.Range(0, columns).Select(_ => cells[random.NextInt(cells.Length)]).ToArray();
            for (var row = random.NextInt(80); row > 0; row--)
            {
                csv.AppendJoin(',', usual.Select(cell => random.NextInt(40) == 0 ? cells[random.NextInt(cells.Length)] : cell))
                    .Append(random.NextInt(400) == 0 ? ",1" : random.NextInt(400) == 0 ? "\"" : "")
                    .Append(random.NextInt(30) == 0 ? "\n\n" : random.NextInt(3) == 0 ? "\r\n" : "\n");
            }

            var whole = new CsvOptions
            {
                MaxThreads = 1,
                MaxCategories = 3 + random.NextInt(10),
                MaxRecordBytes = 20 + random.NextInt(200),
                MaxBytes = 500 + random.NextInt(2000),
                Schema = random.NextInt(4) == 0 ? new TableSchema([new ColumnSchema("c1", ColumnKind.Number), new ColumnSchema("c0", ColumnKind.Category)]) : null,
            };
            var parts = whole with { BlockBytes = 16 + random.NextInt(300), MaxThreads = 1 + random.NextInt(4) };
            var expected = await OutcomeAsync(new MemoryStream(Encoding.UTF8.GetBytes(csv.ToString())), whole);
            Stream stream = new MemoryStream(Encoding.UTF8.GetBytes(csv.ToString()));
            var actual = await OutcomeAsync(i % 2 == 0 ? stream : new InPieces(stream, 1 + random.NextInt(100)), parts);
            Assert.Equal(expected.Refusal, actual.Refusal);
            if (expected.Content is not null)
            {
                TableAssert.Equal(expected.Content.Table, actual.Content!.Table);
                Assert.Equal(expected.Content.TypeErrors.AsEnumerable(), actual.Content.TypeErrors);
            }

            outcomes[expected.Code] = outcomes.GetValueOrDefault(expected.Code) + 1;
        }

        string[] common = ["csv-ragged-row", "csv-too-large", "csv-too-many-categories", "read"];
        Assert.All(common, code => Assert.InRange(outcomes.GetValueOrDefault(code), 20, 2000));
    }

    private static async Task<(CsvContent? Content, string? Refusal, string Code)> OutcomeAsync(Stream stream, CsvOptions options)
    {
        try
        {
            return (await CsvTable.ReadAsync(stream, options), null, "read");
        }
        catch (CsvException exception)
        {
            return (null, $"{exception.Code} {exception.Column} {exception.Message}", exception.Code);
        }
    }

    private static CsvContent Read(string csv, CsvOptions options) =>
        CsvTable.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(csv)), options).GetAwaiter().GetResult();

    private static string Line(IEnumerable<string> cells, string newLine) =>
        string.Join(',', cells.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + newLine;

    private sealed class InPieces(Stream inner, int bytes) : ReadOnlyTestStream
    {
        public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(bytes, buffer.Length)]);
    }
}
