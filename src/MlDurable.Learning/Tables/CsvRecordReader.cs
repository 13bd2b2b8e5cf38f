using System.Text.Unicode;

namespace MlDurable.Learning.Tables;

/// <summary>
/// Splits a stream of CSV bytes into records and fields. Keeps one record in memory, and gives up on a record that exceeds the limit
/// without reading the rest of it.
/// </summary>
internal sealed class CsvRecordReader : IDisposable
{
    private const int InitialBufferBytes = 1 << 16;

    private readonly Stream stream;
    private readonly CsvOptions options;
    private readonly List<FieldRange> fields = [];
    private byte[] buffer = new byte[InitialBufferBytes];
    private int start;
    private int end;
    private bool atEnd;
    private long bytesRead;
    private long nextLine = 1;
    private int? expectedFields;

    private CsvRecordReader(Stream stream, CsvOptions options)
    {
        this.stream = stream;
        this.options = options;
    }

    private enum Scan
    {
        Record,
        EmptyLine,
        Incomplete,
    }

    /// <summary>The line on which the current record starts, from 1.</summary>
    public long Line { get; private set; }

    public int FieldCount => fields.Count;

    public static async Task<CsvRecordReader> OpenAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxBytes, 2_000_000_000);
        var head = new byte[2];
        var count = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        Stream whole = count == 2 && head is [0x1F, 0x8B]
            ? new CheckedGzipStream(head, stream)
            : new JoinedStream(head.AsMemory(0, count), stream, default);
        var reader = new CsvRecordReader(whole, options);
        await reader.FillAsync(cancellationToken);
        if (reader.buffer.AsSpan(0, reader.end).StartsWith("\uFEFF"u8))
        {
            reader.start = 3;
        }

        return reader;
    }

    /// <summary>Moves to the next record. The first one sets the number of fields that all others must have.</summary>
    /// <returns>Whether there is one.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (TryScan())
            {
                case Scan.Record:
                    expectedFields ??= fields.Count;
                    return true;
                case Scan.EmptyLine:
                    break;
                default:
                    if (atEnd)
                    {
                        return false;
                    }

                    await FillAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>The bytes of a field of the current record, without its quotes. Valid until the next read.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        var field = fields[index];
        return buffer.AsSpan(field.Start, field.Length);
    }

    /// <summary>Releases the decompressor; the caller's stream stays open.</summary>
    public void Dispose() => stream.Dispose();

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var pending = end - start;
        if (start > 0)
        {
            buffer.AsSpan(start, pending).CopyTo(buffer);
            start = 0;
            end = pending;
        }

        if (pending == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        int read;
        try
        {
            // Filling the whole buffer keeps the work linear when the stream gives a few bytes at a time.
            read = await stream.ReadAtLeastAsync(buffer.AsMemory(end), buffer.Length - end, throwOnEndOfStream: false, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new CsvException(
                "csv-gzip-corrupt",
                "the gzip data is damaged or cut off. Upload the file again.", nextLine, null, exception);
        }

        atEnd = read < buffer.Length - end;
        end += read;
        bytesRead += read;
        if (bytesRead > options.MaxBytes)
        {
            throw new CsvException(
                "csv-too-large", $"the file has more than {options.MaxBytes} bytes. Split it into smaller files, or raise the limit.", nextLine);
        }
    }

    private Scan TryScan()
    {
        fields.Clear();
        var bytes = buffer.AsSpan(start, end - start);
        var fieldCount = 0;
        var lineBreaks = 0;
        var at = 0;
        while (true)
        {
            var fieldStart = at;
            int length;
            var escaped = false;
            if (at < bytes.Length && bytes[at] == '"')
            {
                if (!TryScanQuoted(bytes, ref at, ref lineBreaks, out escaped))
                {
                    return Unfinished(bytes.Length, $"the quote that opens column {fieldCount + 1} is never closed", fieldCount + 1);
                }

                fieldStart++;
                length = at - 1 - fieldStart;
            }
            else
            {
                var found = bytes[at..].IndexOfAny((byte)',', (byte)'\n', (byte)'\r');
                at = found < 0 ? bytes.Length : at + found;
                length = at - fieldStart;
            }

            if (at < bytes.Length && bytes[at] == '\r')
            {
                if (at + 1 == bytes.Length && !atEnd)
                {
                    return Unfinished(bytes.Length);
                }

                if (at + 1 < bytes.Length && bytes[at + 1] == '\n')
                {
                    at++;
                }
                else
                {
                    throw new CsvException(
                        "csv-lone-carriage-return",
                        "a carriage return stands alone. End lines with LF or CRLF, and put texts with line breaks in quotes.",
                        nextLine + lineBreaks,
                        fieldCount + 1);
                }
            }

            if (at == bytes.Length && !atEnd)
            {
                return Unfinished(bytes.Length);
            }

            AddField(new FieldRange(start + fieldStart, length, escaped), ref fieldCount);
            if (at == bytes.Length || bytes[at] == '\n')
            {
                var isLineEnd = at < bytes.Length;
                return Finish(bytes[..at], isLineEnd, lineBreaks, fieldCount);
            }

            if (bytes[at] != ',')
            {
                throw new CsvException(
                    "csv-text-after-quote",
                    $"there is text after the closing quote of column {fieldCount}. Double the quotes inside a quoted text.",
                    nextLine + lineBreaks,
                    fieldCount);
            }

            at++;
        }
    }

    /// <summary>Moves past a quoted field; false when its closing quote is not in the buffer.</summary>
    private bool TryScanQuoted(ReadOnlySpan<byte> bytes, ref int at, ref int lineBreaks, out bool escaped)
    {
        escaped = false;
        at++;
        while (true)
        {
            var found = bytes[at..].IndexOf((byte)'"');
            if (found < 0 || (at + found + 1 == bytes.Length && !atEnd))
            {
                return false;
            }

            lineBreaks += bytes.Slice(at, found).Count((byte)'\n');
            at += found + 1;
            if (at == bytes.Length || bytes[at] != '"')
            {
                return true;
            }

            escaped = true;
            at++;
        }
    }

    /// <summary>The record goes on beyond the buffer: asks for more, unless it is too long already or there is no more.</summary>
    private Scan Unfinished(int length, string? atEndProblem = null, int? field = null)
    {
        RequireRecordLength(length);
        return atEnd && atEndProblem is not null
            ? throw new CsvException("csv-unterminated-quote", $"{atEndProblem}.", nextLine, field)
            : Scan.Incomplete;
    }

    private void RequireRecordLength(int length)
    {
        if (length > options.MaxRecordBytes)
        {
            throw new CsvException(
                "csv-record-too-long",
                $"the record has more than {options.MaxRecordBytes} bytes. Look for a missing line break or closing quote.",
                nextLine);
        }
    }

    private void AddField(FieldRange field, ref int fieldCount)
    {
        fieldCount++;
        if (expectedFields is null && fieldCount > options.MaxColumns)
        {
            throw new CsvException("csv-too-many-columns", $"the header has more than {options.MaxColumns} columns.", nextLine);
        }

        if (expectedFields is null || fieldCount <= expectedFields)
        {
            fields.Add(field);
        }
    }

    private Scan Finish(ReadOnlySpan<byte> record, bool isLineEnd, int lineBreaks, int fieldCount)
    {
        RequireRecordLength(record.Length);
        Line = nextLine;
        start += record.Length + (isLineEnd ? 1 : 0);
        if (record.IsEmpty || (isLineEnd && record is [(byte)'\r']))
        {
            nextLine += isLineEnd ? 1 : 0;
            return isLineEnd ? Scan.EmptyLine : Scan.Incomplete;
        }

        RequireText(record);
        if (expectedFields is not null && fieldCount != expectedFields)
        {
            throw new CsvException(
                "csv-ragged-row",
                $"expected {expectedFields} fields as in the header, found {fieldCount}. Look for a missing or unquoted comma.",
                Line);
        }

        nextLine += lineBreaks + 1;
        Unescape();
        return Scan.Record;
    }

    private void RequireText(ReadOnlySpan<byte> record)
    {
        if (!Utf8.IsValid(record))
        {
            var valid = 0;
            while (System.Text.Rune.DecodeFromUtf8(record[valid..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                valid += consumed;
            }

            throw new CsvException(
                "csv-not-utf8",
                $"the byte 0x{record[valid]:X2} is not UTF-8. Save the file with the encoding UTF-8.",
                Line + record[..valid].Count((byte)'\n'));
        }

        var nul = record.IndexOf((byte)0);
        if (nul >= 0)
        {
            throw new CsvException(
                "csv-nul-byte",
                "there is a NUL byte. This is no text file, or one with the encoding UTF-16: save it as UTF-8.",
                Line + record[..nul].Count((byte)'\n'));
        }
    }

    /// <summary>Makes one quote of each doubled one, in place: the record is complete and is not scanned again.</summary>
    private void Unescape()
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            if (!field.Escaped)
            {
                continue;
            }

            var text = buffer.AsSpan(field.Start, field.Length);
            var length = 0;
            for (var read = 0; read < text.Length; read++)
            {
                read += text[read] == '"' ? 1 : 0;
                text[length++] = text[read];
            }

            fields[i] = field with { Length = length };
        }
    }

    private readonly record struct FieldRange(int Start, int Length, bool Escaped);
}
