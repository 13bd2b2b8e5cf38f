namespace MlDurable.Learning.Tables;

/// <summary>Why a file is refused. Of several reasons the one counts that comes first in the file.</summary>
/// <param name="Row">The row, from 0, at which it was noticed.</param>
/// <param name="Field">The field, from 0, at which it was noticed.</param>
/// <param name="Exception">What to throw.</param>
internal sealed record CsvRefusal(int Row, int Field, CsvException Exception)
{
    public static CsvRefusal? First(CsvRefusal? left, CsvRefusal? right) =>
        left is null || (right is not null && (right.Row, right.Field).CompareTo((left.Row, left.Field)) < 0) ? right : left;
}
