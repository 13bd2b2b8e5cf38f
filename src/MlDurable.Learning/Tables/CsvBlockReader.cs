namespace MlDurable.Learning.Tables;

/// <summary>
/// Cuts a stream into blocks of whole records, without looking for anything but quotes and line ends. Holds no more than a record beyond the
/// block that it gives out, and gives up on a record that exceeds the limit without reading the rest of it.
/// </summary>
internal sealed class CsvBlockReader : IDisposable
{
    private readonly Stream stream;
    private readonly CsvOptions options;
    private byte[] rest = [];
    private int restLength;
    private long bytesLeft;
    private bool isFirst = true;

    /// <summary>The end of what was looked at; before it no quote is open, or one is.</summary>
    private int scanned;
    private bool isQuoted;

    private CsvBlockReader(Stream stream, CsvOptions options)
    {
        this.stream = stream;
        this.options = options;
        bytesLeft = options.MaxBytes;
    }

    public static async Task<CsvBlockReader> OpenAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxBytes, 2_000_000_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxThreads, 1);
        var head = new byte[2];
        var count = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        Stream whole = count == 2 && head is [0x1F, 0x8B]
            ? new CheckedGzipStream(head, stream)
            : new JoinedStream(head.AsMemory(0, count), stream, default);
        return new CsvBlockReader(whole, options);
    }

    /// <summary>Fills a block with the next records. Not to be called again after the last one.</summary>
    public async ValueTask ReadAsync(CsvBlock block, CancellationToken cancellationToken)
    {
        block.EnsureBuffer(restLength + options.BlockBytes);
        rest.AsSpan(0, restLength).CopyTo(block.Buffer);
        block.Start = 0;
        block.End = restLength;
        block.IsLast = false;
        block.Cut = null;
        int recordsEnd;
        do
        {
            await FillAsync(block, cancellationToken);
            recordsEnd = FindRecordsEnd(block.Buffer.AsSpan(0, block.End), block.Start);
            if (recordsEnd == 0 && !block.IsLast && block.End > CsvRecordScanner.ScannedBytes(options))
            {
                block.IsLast = true;
                block.Cut = CsvRecordScanner.TooLong(options);
            }
        }
        while (recordsEnd == 0 && !block.IsLast);

        if (!block.IsLast)
        {
            restLength = block.End - recordsEnd;
            if (rest.Length < restLength)
            {
                rest = new byte[Math.Max(restLength, 2 * rest.Length)];
            }

            block.Buffer.AsSpan(recordsEnd, restLength).CopyTo(rest);
            block.End = recordsEnd;
            scanned -= recordsEnd;
        }
    }

    /// <summary>Releases the decompressor; the caller's stream stays open.</summary>
    public void Dispose() => stream.Dispose();

    private async ValueTask FillAsync(CsvBlock block, CancellationToken cancellationToken)
    {
        // A record that is longer than the block doubles it each time, which keeps the work linear.
        var wanted = Math.Max(options.BlockBytes, block.End);
        block.EnsureBuffer(block.End + wanted);
        try
        {
            // One byte more than the file may have shows that it has more.
            wanted = (int)Math.Min(wanted, bytesLeft + 1);
            var read = await stream.ReadAtLeastAsync(block.Buffer.AsMemory(block.End, wanted), wanted, throwOnEndOfStream: false, cancellationToken);
            block.IsLast = read < wanted || read > bytesLeft;
            if (read > bytesLeft)
            {
                block.Cut = new CsvFault(
                    "csv-too-large", $"the file has more than {options.MaxBytes} bytes. Split it into smaller files, or raise the limit.", 0);
                read = (int)bytesLeft;
            }

            block.End += read;
            bytesLeft -= read;
        }
        catch (InvalidDataException exception)
        {
            block.IsLast = true;
            block.Cut = new CsvFault("csv-gzip-corrupt", "the gzip data is damaged or cut off. Upload the file again.", 0, null, exception);
        }

        if (isFirst)
        {
            isFirst = false;
            block.Start = block.Buffer.AsSpan(0, block.End).StartsWith("\uFEFF"u8) ? 3 : 0;
            scanned = block.Start;
        }
    }

    /// <summary>The end of the last line that ends a record; 0 if there is none.</summary>
    private int FindRecordsEnd(ReadOnlySpan<byte> bytes, int start)
    {
        var recordsEnd = 0;
        while (scanned < bytes.Length)
        {
            var quote = bytes[scanned..].IndexOf((byte)'"');
            quote = quote < 0 ? bytes.Length : scanned + quote;
            if (isQuoted)
            {
                if (quote + 1 >= bytes.Length)
                {
                    // What follows a quote decides whether it closes.
                    scanned = quote;
                    break;
                }

                isQuoted = bytes[quote + 1] == '"';
                scanned = quote + (isQuoted ? 2 : 1);
            }
            else
            {
                var lineEnd = bytes[scanned..quote].LastIndexOf((byte)'\n');
                recordsEnd = lineEnd < 0 ? recordsEnd : scanned + lineEnd + 1;

                // Within a cell a quote means nothing.
                isQuoted = quote < bytes.Length && (quote == start || bytes[quote - 1] is (byte)',' or (byte)'\n');
                scanned = Math.Min(quote + 1, bytes.Length);
            }
        }

        return recordsEnd;
    }
}
