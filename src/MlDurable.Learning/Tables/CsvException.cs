namespace MlDurable.Learning.Tables;

/// <summary>A CSV file that cannot be read.</summary>
/// <param name="code">
/// One of <c>csv-empty</c>, <c>csv-ragged-row</c>, <c>csv-not-utf8</c>, <c>csv-nul-byte</c>, <c>csv-record-too-long</c>,
/// <c>csv-too-large</c>,
/// <c>csv-too-many-columns</c>, <c>csv-too-many-categories</c>, <c>csv-empty-column-name</c>, <c>csv-duplicate-column</c>,
/// <c>csv-unterminated-quote</c>, <c>csv-text-after-quote</c>, <c>csv-lone-carriage-return</c>, <c>csv-gzip-corrupt</c>, <c>csv-changed</c>.
/// </param>
/// <param name="message">What is wrong and what to do; begins with the line.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="column">The column, from 1, where one is to blame.</param>
/// <param name="innerException">The error that caused this one, or <see langword="null"/>.</param>
public sealed class CsvException(string code, string message, long line, int? column = null, Exception? innerException = null)
    : LearningException(code, $"Line {line}: {message}", innerException)
{
    /// <summary>The line of the file, from 1 (after decompression).</summary>
    public long Line { get; } = line;

    /// <summary>The column, from 1, where one is to blame; otherwise <see langword="null"/>.</summary>
    public int? Column { get; } = column;
}
