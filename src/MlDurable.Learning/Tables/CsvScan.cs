namespace MlDurable.Learning.Tables;

/// <summary>What <see cref="CsvRecordScanner"/> came to.</summary>
internal enum CsvScan
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>The end of the bytes, with no record begun.</summary>
    End,

    /// <summary>A fault; see <see cref="CsvRecordScanner.Fault"/>.</summary>
    Fault,
}
