namespace MlDurable.Learning.Tables;

/// <summary>What is wrong in a block of a CSV file, whose place in the file is not known yet.</summary>
/// <param name="Code">As in <see cref="CsvException"/>.</param>
/// <param name="Message">What is wrong and what to do, without the line.</param>
/// <param name="Line">The line, from 0 at the beginning of the block.</param>
/// <param name="Column">The column, from 1, where one is to blame.</param>
/// <param name="InnerException">The error that caused this one.</param>
internal sealed record CsvFault(string Code, string Message, long Line, int? Column = null, Exception? InnerException = null)
{
    public CsvException ToException(long firstLine) => new(Code, Message, firstLine + Line, Column, InnerException);
}
