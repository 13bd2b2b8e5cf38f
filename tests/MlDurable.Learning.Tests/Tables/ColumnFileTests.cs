using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class ColumnFileTests
{
    private static readonly Table Small = new(
        new NumberColumn("number", [1.5, double.NaN, -0.0]),
        CategoryColumn.FromTexts("category", ["é", null, "x"]),
        new TimeColumn("time", [0, TimeColumn.MissingTicks, DateTime.MaxValue.Ticks]));

    [Fact]
    public void Read_OfAnyWrittenTable_GivesItBack() =>
        Prop.ForAll(
            TableGenerators.TableOf(0, Enum.GetValues<ColumnKind>()).ToArbitrary(), table => TableAssert.Equal(table, Read(Write(table))))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Read_DictionaryAtTheLimitOfACodeWidth_GivesItBack(int categories)
    {
        var table = new Table(CategoryColumn.FromTexts("c", Enumerable.Range(0, categories).Select(i => $"{i}").Append(null).Append("0")));
        TableAssert.Equal(table, Read(Write(table)));
    }

    [Fact]
    public void Read_TableOfManyBlocks_GivesItBack()
    {
        var random = new SplitMix64(1);
        var table = new Table(new NumberColumn("n", [.. Enumerable.Range(0, 100_000).Select(_ => random.NextUniform())]));
        TableAssert.Equal(table, Read(Write(table)));
    }

    [Fact]
    public void Write_NanOfAnotherBitPattern_GivesTheSameBytes()
    {
        var other = BitConverter.UInt64BitsToDouble(0xFFF8_0000_0000_1234);
        Assert.Equal(Write(new Table(new NumberColumn("n", [double.NaN]))), Write(new Table(new NumberColumn("n", [other]))));
    }

    [Fact]
    public void Read_AnyFlippedBit_IsFound()
    {
        var bytes = Write(Small);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertCorrupt(damaged);
        }
    }

    [Fact]
    public void Read_CutOrLongerFile_IsFound()
    {
        var bytes = Write(Small);
        for (var length = 0; length < bytes.Length; length++)
        {
            AssertCorrupt(bytes[..length]);
        }

        AssertCorrupt([.. bytes, 0]);
    }

    [Fact]
    public void Read_SwappedBlocks_IsFound()
    {
        var bytes = Write(new Table(new NumberColumn("n", new double[100_000])));
        const int Head = 8;
        const int Block = BlockWriter.HeadBytes + BlockWriter.MaxBlockBytes;
        byte[] swapped = [.. bytes[..(Head + Block)], .. bytes[(Head + (2 * Block))..(Head + (3 * Block))], .. bytes[(Head + Block)..(Head + (2 * Block))], .. bytes[(Head + (3 * Block))..]];
        Assert.Equal(bytes.Length, swapped.Length);
        AssertCorrupt(swapped);
    }

    [Theory]
    [InlineData(int.MaxValue, 1, 0, 1)]
    [InlineData(int.MaxValue, 1, 1, int.MaxValue)]
    [InlineData(1, int.MaxValue, 2, 1)]
    [InlineData(1, 1, 7, 1)]
    [InlineData(-1, 1, 0, 1)]
    [InlineData(1, -1, 0, 1)]
    [InlineData(1, 1, 0, -1)]
    [InlineData(1, 1, 0, int.MaxValue)]
    [InlineData(1, 1, 0, 0)]
    public void Read_ImpossibleCountsUnderARightChecksum_AreFoundWithoutAllocating(int rows, int columns, int kind, int nameLength)
    {
        var stream = new MemoryStream();
        stream.Write("MLDCOL\u0001\0"u8);
        var writer = new BlockWriter(stream);
        writer.WriteInt32(rows);
        writer.WriteInt32(columns);
        writer.WriteInt32(kind);
        writer.WriteInt32(nameLength);
        writer.Write("n"u8);
        writer.Write(new byte[64]);
        writer.Finish();
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertCorrupt(stream.ToArray());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Read_ContradictionUnderARightChecksum_IsFound()
    {
        AssertCorrupt(Crafted(writer =>
        {
            writer.WriteInt32((int)ColumnKind.Number);
            writer.WriteText("infinite");
            Span<byte> cell = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(cell, double.PositiveInfinity);
            writer.Write(cell);
        }));
        AssertCorrupt(Crafted(writer =>
        {
            writer.WriteInt32((int)ColumnKind.Category);
            writer.WriteText("code outside the dictionary");
            writer.WriteInt32(1);
            writer.WriteText("only");
            writer.Write([1]);
        }));
        AssertCorrupt(Crafted(writer =>
        {
            writer.WriteInt32((int)ColumnKind.Number);
            writer.WriteText("");
            writer.Write(new byte[8]);
        }));
        AssertCorrupt(Crafted(writer =>
        {
            writer.WriteInt32((int)ColumnKind.Number);
            writer.WriteInt32(1);
            writer.Write([0xFF]);
            writer.Write(new byte[8]);
        }));
    }

    [Fact]
    public void Read_StreamThatOnlyGoesForward_ReadsTheSame()
    {
        var table = new Table(new NumberColumn("n", [.. Enumerable.Range(0, 200_000).Select(i => i / 7.0)]), CategoryColumn.FromTexts("c", Enumerable.Range(0, 200_000).Select(i => $"{i % 300}")));
        TableAssert.Equal(table, ColumnFile.Read(new ForwardOnly(new MemoryStream(Write(table)))));
    }

    [Fact]
    public void Read_ChangedContentUnderRightChecksums_IsReadOrRefusedWithoutAllocating()
    {
        var random = new SplitMix64(11);
        var content = Content(Write(Small));
        var outcomes = new Dictionary<bool, int>();
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int Tries = 5000;
        for (var i = 0; i < Tries; i++)
        {
            var changed = (byte[])content.Clone();
            for (var change = random.NextInt(4); change >= 0; change--)
            {
                changed[random.NextInt(changed.Length)] = (byte)random.Next();
            }

            var stream = new MemoryStream();
            stream.Write("MLDCOL\u0001\0"u8);
            var writer = new BlockWriter(stream);
            writer.Write(changed);
            writer.Finish();
            stream.Position = 0;
            var exception = Record.Exception(() => ColumnFile.Read(i % 2 == 0 ? stream : new ForwardOnly(stream)));
            Assert.True(exception is null or LearningException { Code: "column-file-corrupt" }, exception?.ToString());
            outcomes[exception is null] = outcomes.GetValueOrDefault(exception is null) + 1;
        }

        Assert.Equal(2, outcomes.Count);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Tries, 0, 3 << 20);
    }

    [Fact]
    public void Read_RandomBytes_AreRefused()
    {
        var random = new SplitMix64(5);
        var head = Write(Small)[..8];
        for (var i = 0; i < 5000; i++)
        {
            var noise = Enumerable.Range(0, random.NextInt(200)).Select(_ => (byte)random.NextInt(256)).ToArray();
            AssertCorrupt(i % 2 == 0 ? noise : [.. head, .. noise]);
        }
    }

    private static byte[] Crafted(Action<BlockWriter> writeColumn)
    {
        var stream = new MemoryStream();
        stream.Write("MLDCOL\u0001\0"u8);
        var writer = new BlockWriter(stream);
        writer.WriteInt32(1);
        writer.WriteInt32(1);
        writeColumn(writer);
        writer.Finish();
        return stream.ToArray();
    }

    /// <summary>What the blocks of a small file hold: everything is in the first.</summary>
    private static byte[] Content(byte[] file) => file.AsSpan(8 + BlockWriter.HeadBytes, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(8))).ToArray();

    private static byte[] Write(Table table)
    {
        var stream = new MemoryStream();
        ColumnFile.Write(stream, table);
        return stream.ToArray();
    }

    private static Table Read(byte[] bytes) => ColumnFile.Read(new MemoryStream(bytes));

    private static void AssertCorrupt(byte[] bytes) => Assert.Equal("column-file-corrupt", Assert.Throws<LearningException>(() => Read(bytes)).Code);

    private sealed class ForwardOnly(Stream inner) : ReadOnlyTestStream
    {
        public override int Read(Span<byte> buffer) => inner.Read(buffer);
    }
}
