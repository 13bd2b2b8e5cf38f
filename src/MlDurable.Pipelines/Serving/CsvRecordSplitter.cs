using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Serving;

/// <summary>Cuts a CSV stream into its records without changing a byte of them; line breaks inside quotes belong to the record. Empty lines are left out.</summary>
internal sealed class CsvRecordSplitter(Stream stream, int maxRecordBytes) : IDisposable
{
    private readonly byte[] buffer = new byte[1 << 16];
    private readonly MemoryStream record = new();
    private int start;
    private int end;
    private bool first = true;

    /// <summary>The line on which the next record starts, from 1.</summary>
    public long NextLine { get; private set; } = 1;

    /// <summary>The next record without its line break, or null at the end.</summary>
    /// <exception cref="CsvException"><c>csv-record-too-long</c>.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        record.SetLength(0);
        var quoted = false;
        var startLine = NextLine;
        while (await FillAsync(cancellationToken))
        {
            var scanned = start;
            var complete = false;
            for (; scanned < end && !complete; scanned++)
            {
                quoted ^= buffer[scanned] == '"';
                if (buffer[scanned] == '\n')
                {
                    NextLine++;
                    complete = !quoted;
                }
            }

            record.Write(buffer.AsSpan(start, scanned - start));
            start = scanned;
            if (record.Length > maxRecordBytes)
            {
                throw new CsvException(
                    "csv-record-too-long", $"the record has more than {maxRecordBytes} bytes; a quote may not be closed", startLine);
            }

            if (complete && Trimmed() is { Length: > 0 } whole)
            {
                return whole;
            }

            if (complete)
            {
                record.SetLength(0);
                startLine = NextLine;
            }
        }

        return record.Length > 0 && Trimmed() is { Length: > 0 } last ? last : null;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (start < end)
        {
            return true;
        }

        start = 0;
        try
        {
            end = await stream.ReadAtLeastAsync(buffer, first ? 3 : 1, throwOnEndOfStream: false, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new CsvException(
                "csv-gzip-corrupt", "the gzip data is damaged or cut off. Upload the file again.", NextLine, null, exception);
        }

        if (first && buffer.AsSpan(0, end).StartsWith("\uFEFF"u8))
        {
            start = 3;
        }

        first = false;
        return start < end;
    }

    private byte[] Trimmed() => record.GetBuffer().AsSpan(0, (int)record.Length).TrimEnd("\r\n"u8).ToArray();

    public void Dispose() => record.Dispose();
}
