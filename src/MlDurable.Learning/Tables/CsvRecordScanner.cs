using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace MlDurable.Learning.Tables;

/// <summary>
/// Splits bytes into records and fields. The bytes that end a field are found 64 at a time; a record gives the same fields or the same fault
/// wherever it stands.
/// </summary>
/// <remarks>The buffer must reach 64 bytes beyond the end of the bytes; those may hold anything.</remarks>
internal ref struct CsvRecordScanner(byte[] buffer, int start, int end, CsvFault? cut, CsvOptions options)
{
    /// <summary>How many bytes a buffer must have after the last that is scanned.</summary>
    public const int Padding = 64;

    private readonly ReadOnlySpan<byte> bytes = buffer.AsSpan(0, end);
    private readonly bool isPlainText = IsPlainText(buffer.AsSpan(start, end - start));

    /// <summary>The bits of the commas and line ends from <see cref="specialsStart"/> on that were not passed yet.</summary>
    private ulong specials = Specials(buffer, start, end);
    private int specialsStart = start;

    /// <summary>The first byte of the next record.</summary>
    public int Position { get; private set; } = start;

    /// <summary>The lines before the next record.</summary>
    public int Lines { get; private set; }

    /// <summary>The line of the last record, from 0.</summary>
    public int RecordLine { get; private set; }

    /// <summary>What was wrong; null until then.</summary>
    public CsvFault? Fault { get; private set; }

    /// <summary>Moves to the next record that is no empty line.</summary>
    /// <param name="fields">Becomes the fields.</param>
    /// <param name="isHeader">Whether there may be fewer fields than fit, but not more than the limit.</param>
    /// <param name="fieldCount">The number of fields.</param>
    public CsvScan Read(Span<FieldRange> fields, bool isHeader, out int fieldCount)
    {
        CsvScan? scan;
        do
        {
            scan = ReadLine(fields, isHeader, out fieldCount);
        }
        while (scan is null);
        return scan.Value;
    }

    /// <summary>As <see cref="Read"/>; null after an empty line.</summary>
    private CsvScan? ReadLine(Span<FieldRange> fields, bool isHeader, out int fieldCount)
    {
        var record = Position;
        var at = record;
        var lineBreaks = 0;
        var hasDoubledQuotes = false;
        fieldCount = 0;
        RecordLine = Lines;
        if (at == end)
        {
            return cut is null ? CsvScan.End : Refuse(cut);
        }

        while (true)
        {
            var fieldStart = at;
            int length;
            if (at < end && bytes[at] == '"')
            {
                if (!TryPassQuoted(ref at, ref lineBreaks, ref hasDoubledQuotes))
                {
                    return Incomplete(
                        record,
                        cut ?? new CsvFault("csv-unterminated-quote", $"the quote that opens column {fieldCount + 1} is never closed.", 0, fieldCount + 1));
                }

                fieldStart++;
                length = at - 1 - fieldStart;
                PassSpecialsUpTo(at);
            }
            else
            {
                at = NextSpecial();
                length = at - fieldStart;
            }

            if (at < end && bytes[at] == '\r')
            {
                if (at + 1 < end && bytes[at + 1] == '\n')
                {
                    at = NextSpecial();
                }
                else
                {
                    return at + 1 == end && cut is not null
                        ? Incomplete(record, cut)
                        : Refuse(
                            record,
                            at,
                            "csv-lone-carriage-return",
                            "a carriage return stands alone. End lines with LF or CRLF, and put texts with line breaks in quotes.",
                            lineBreaks,
                            fieldCount + 1);
                }
            }

            if (at == end && cut is not null)
            {
                return Incomplete(record, cut);
            }

            if (fieldCount < fields.Length)
            {
                fields[fieldCount] = new FieldRange(fieldStart, length);
            }
            else if (isHeader)
            {
                return Refuse(record, at, "csv-too-many-columns", $"the header has more than {options.MaxColumns} columns.", 0);
            }

            fieldCount++;
            if (at == end || bytes[at] == '\n')
            {
                break;
            }

            if (bytes[at] != ',')
            {
                return Refuse(
                    record,
                    at,
                    "csv-text-after-quote",
                    $"there is text after the closing quote of column {fieldCount}. Double the quotes inside a quoted text.",
                    lineBreaks,
                    fieldCount);
            }

            at++;
        }

        if (at - record > options.MaxRecordBytes)
        {
            return Refuse(TooLong(options));
        }

        var isLineEnd = at < end;
        Position = at + (isLineEnd ? 1 : 0);
        if (isLineEnd && (at == record || (at == record + 1 && bytes[record] == '\r')))
        {
            Lines++;
            return null;
        }

        if (!isPlainText && FindForeignByte(bytes[record..at]) is { } foreign)
        {
            return Refuse(foreign);
        }

        if (!isHeader && fieldCount != fields.Length)
        {
            return Refuse(
                record,
                record,
                "csv-ragged-row",
                $"expected {fields.Length} fields as in the header, found {fieldCount}. Look for a missing or unquoted comma.",
                0);
        }

        Lines += lineBreaks + 1;
        if (hasDoubledQuotes)
        {
            Unescape(fields[..fieldCount]);
        }

        return CsvScan.Record;
    }

    /// <summary>A fault in so many first bytes of a record is told even where the record is too long.</summary>
    public static int ScannedBytes(CsvOptions options) => Math.Max(options.MaxRecordBytes, 1 << 16);

    /// <summary>The fault of a record that exceeds the limit.</summary>
    public static CsvFault TooLong(CsvOptions options) => new(
        "csv-record-too-long", $"the record has more than {options.MaxRecordBytes} bytes. Look for a missing line break or closing quote.", 0);

    private static bool IsPlainText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    /// <summary>Which of the 64 bytes from a place on are commas or belong to line ends, one bit each; none from the end on.</summary>
    private static ulong Specials(byte[] buffer, int from, int end)
    {
        var lower = Specials(Vector256.Create(buffer, from));
        var upper = Specials(Vector256.Create(buffer, from + Vector256<byte>.Count));
        var all = ((ulong)upper << Vector256<byte>.Count) | lower;
        return end - from >= 64 ? all : all & ((1UL << (end - from)) - 1);
    }

    private static uint Specials(Vector256<byte> some) =>
        (Vector256.Equals(some, Vector256.Create((byte)','))
            | Vector256.Equals(some, Vector256.Create((byte)'\n'))
            | Vector256.Equals(some, Vector256.Create((byte)'\r'))).ExtractMostSignificantBits();

    private static CsvFault? FindForeignByte(ReadOnlySpan<byte> record)
    {
        if (!Utf8.IsValid(record))
        {
            var valid = 0;
            while (Rune.DecodeFromUtf8(record[valid..], out _, out var consumed) == OperationStatus.Done)
            {
                valid += consumed;
            }

            return new CsvFault(
                "csv-not-utf8",
                $"the byte 0x{record[valid]:X2} is not UTF-8. Save the file with the encoding UTF-8.",
                record[..valid].Count((byte)'\n'));
        }

        var nul = record.IndexOf((byte)0);
        return nul < 0
            ? null
            : new CsvFault(
                "csv-nul-byte",
                "there is a NUL byte. This is no text file, or one with the encoding UTF-16: save it as UTF-8.",
                record[..nul].Count((byte)'\n'));
    }

    private int NextSpecial()
    {
        while (specials == 0)
        {
            specialsStart += 64;
            if (specialsStart >= end)
            {
                return end;
            }

            specials = Specials(buffer, specialsStart, end);
        }

        var at = specialsStart + BitOperations.TrailingZeroCount(specials);
        specials &= specials - 1;
        return at;
    }

    private void PassSpecialsUpTo(int at)
    {
        if (at - specialsStart >= 64)
        {
            specialsStart = at;
            specials = Specials(buffer, at, end);
        }

        specials &= ulong.MaxValue << (at - specialsStart) << 1;
    }

    /// <summary>Moves past a quoted field; false when the bytes do not show where it ends.</summary>
    private readonly bool TryPassQuoted(ref int at, ref int lineBreaks, ref bool hasDoubledQuotes)
    {
        at++;
        while (true)
        {
            var found = bytes[at..].IndexOf((byte)'"');
            if (found < 0 || (at + found + 1 == end && cut is not null))
            {
                return false;
            }

            lineBreaks += bytes.Slice(at, found).Count((byte)'\n');
            at += found + 1;
            if (at == end || bytes[at] != '"')
            {
                return true;
            }

            hasDoubledQuotes = true;
            at++;
        }
    }

    /// <summary>The bytes end within a record.</summary>
    private CsvScan Incomplete(int record, CsvFault fault) => Refuse(end - record > options.MaxRecordBytes ? TooLong(options) : fault);

    /// <summary>A fault in the current record, unless the record was too long before it.</summary>
    private CsvScan Refuse(int record, int at, string code, string message, int lineBreaks, int? field = null) =>
        Refuse(at - record > ScannedBytes(options) ? TooLong(options) : new CsvFault(code, message, lineBreaks, field));

    private CsvScan Refuse(CsvFault fault)
    {
        Fault = fault with { Line = fault.Line + RecordLine };
        return CsvScan.Fault;
    }

    /// <summary>Makes one quote of each doubled one, in place: the record is not scanned again.</summary>
    private readonly void Unescape(Span<FieldRange> fields)
    {
        foreach (ref var field in fields)
        {
            // Only in a quoted field is each quote doubled.
            var text = buffer.AsSpan(field.Start, field.Length);
            if (field.Start == 0 || buffer[field.Start - 1] != '"' || !text.Contains((byte)'"'))
            {
                continue;
            }

            var length = 0;
            for (var read = 0; read < text.Length; read++)
            {
                read += text[read] == '"' ? 1 : 0;
                text[length++] = text[read];
            }

            field = field with { Length = length };
        }
    }
}
